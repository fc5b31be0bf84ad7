"""A bid as it travels: the message, the envelopes of all parts, and the signatures over it."""

from dataclasses import dataclass, field
from typing import Any

from ledger.secp256k1 import checksum
from ledger.tenders import envelopes, forms, messages
from ledger.tenders.commitments import require_shares
from ledger.tenders.errors import DigestMismatch, PartsMismatch
from ledger.tenders.forms import Form, FormInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import Part, SubmitBid, WithdrawBid
from ledger.tenders.trustees import ledger_json, ledger_of, octets
from ledger.values import LedgerRef


@dataclass(frozen=True, slots=True)
class SignedBid:
    """A signed message with its envelopes, part 1's first; empty `bond_signature` for none."""

    ledger: LedgerRef
    message: SubmitBid
    shares: bytes
    signature: bytes
    bond_signature: bytes = b""

    @property
    def digest(self) -> bytes:
        """The EIP-712 digest, by which the contract names the bid."""
        return messages.digest(self.ledger, self.message)

    def require_good(self, parts: int, trustees: int) -> None:
        """Hold the bid against what the contract checks of it alone.

        Raises `PartsMismatch`, `SharesMismatch`, `BidSignatureInvalid`.
        """
        if len(self.message.parts) != parts:
            raise PartsMismatch(parts, len(self.message.parts))
        for number, part in enumerate(self.message.parts, 1):
            require_shares(number, self.envelopes_of(number, trustees), part.shares)
        messages.require_signed(self.ledger, self.message, self.signature)

    def envelopes_of(self, part: int, trustees: int) -> bytes:
        """Return a part's envelopes joined; raise `SharesMismatch` where the length is wrong."""
        size = trustees * envelopes.ENVELOPE_BYTES
        found = self.shares[(part - 1) * size : part * size]
        extra = self.shares[part * size :] if part == len(self.message.parts) else b""
        return b"".join(envelopes.cut(found + extra, trustees, part))

    def to_bytes(self) -> bytes:
        """Return the file."""
        return forms.write(
            Form.BID,
            {
                "ledger": ledger_json(self.ledger),
                "message": messages.to_json(self.message),
                "shares": "0x" + self.shares.hex(),
                "signature": "0x" + self.signature.hex(),
                "bondSignature": "0x" + self.bond_signature.hex(),
            },
        )

    @classmethod
    def read(cls, content: bytes) -> "SignedBid":
        """Return the bid in a file, its signature not yet checked; raise `FormInvalid`."""
        value = forms.read(Form.BID, content)
        return cls(
            ledger=ledger_of(value["ledger"]),
            message=message_of(value["message"]),
            shares=octets(value["shares"]),
            signature=octets(value["signature"]),
            bond_signature=octets(value["bondSignature"]),
        )


@dataclass(frozen=True, slots=True)
class Backup:
    """What a notary or a second device needs to disclose: the message, and s_b of each part.

    Whoever opens it still needs t trustees to read the bid, since s_c is not in it.
    """

    ledger: LedgerRef
    message: SubmitBid
    secrets: tuple[bytes, ...] = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return the file."""
        return forms.write(
            Form.BACKUP,
            {
                "ledger": ledger_json(self.ledger),
                "message": messages.to_json(self.message),
                "digest": "0x" + messages.digest(self.ledger, self.message).hex(),
                "secrets": ["0x" + each.hex() for each in self.secrets],
            },
        )

    @classmethod
    def read(cls, content: bytes) -> "Backup":
        """Return the backup in a file.

        Raises:
            FormInvalid: for another form, or not one secret a part.
            DigestMismatch: where the message is not that of the digest.
        """
        value = forms.read(Form.BACKUP, content)
        found = cls(
            ledger=ledger_of(value["ledger"]),
            message=message_of(value["message"]),
            secrets=tuple(map(octets, value["secrets"])),
        )
        if len(found.secrets) != len(found.message.parts):
            raise FormInvalid(Form.BACKUP, "secrets", "not one a part")
        given, expected = messages.digest(found.ledger, found.message), octets(value["digest"])
        if given != expected:
            raise DigestMismatch(expected, given)
        return found


def message_of(value: dict[str, Any]) -> SubmitBid:
    """Return the message in its JSON, as `messages.to_json` writes it."""
    return SubmitBid(
        tender=TenderId(octets(value["tenderId"])),
        lot=value["lot"],
        bidder=checksum(octets(value["bidder"])),
        version=value["version"],
        docs=octets(value["docs"]),
        parts=tuple(_part(each) for each in value["parts"]),
        identity=octets(value["identity"]),
        bond=octets(value["bond"]),
        valid_until=int(value["validUntil"]),
    )


def withdrawal_of(value: dict[str, Any]) -> WithdrawBid:
    """Return the withdrawal in its JSON, as `messages.to_json` writes it."""
    bidder, until = checksum(octets(value["bidder"])), int(value["validUntil"])
    tender = TenderId(octets(value["tenderId"]))
    return WithdrawBid(tender, value["lot"], bidder, value["version"], until)


def _part(value: dict[str, Any]) -> Part:
    return Part(
        file=octets(value["file"]),
        size=int(value["size"]),
        c_b=octets(value["cB"]),
        c_c=octets(value["cC"]),
        shares=octets(value["shares"]),
        manifest=octets(value["manifest"]),
    )
