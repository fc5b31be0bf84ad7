"""What the parties to a tender sign: EIP-712 messages of the TenderLedger (§3.7).

`bidder` stands in the message: without it a changed field would recover a stranger's address, and
count as one more bid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from eth_hash.auto import keccak

from ledger import secp256k1
from ledger.eip712 import MessageUnencodable, Types, digest_of, shown, type_hash, word
from ledger.keys import SignatureInvalid
from ledger.tenders.errors import BidSignatureInvalid
from ledger.tenders.ids import Place, TenderId
from ledger.values import Address, LedgerRef

DOMAIN_NAME: Final = "Suizheng TenderLedger"
NO_BOND: Final = bytes(32)
"""`bond` of a bid in a tender that asks for none."""
_ID_BYTES: Final = 32
_MEMBERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "Part": (
            ("file", "bytes32"),
            ("size", "uint64"),
            ("cB", "bytes32"),
            ("cC", "bytes32"),
            ("shares", "bytes32"),
            ("manifest", "bytes32"),
        ),
        "SubmitBid": (
            ("tenderId", "bytes32"),
            ("lot", "uint16"),
            ("bidder", "address"),
            ("version", "uint32"),
            ("docs", "bytes32"),
            ("parts", "Part[]"),
            ("identity", "bytes32"),
            ("bond", "bytes32"),
            ("validUntil", "uint64"),
        ),
        "WithdrawBid": (
            ("tenderId", "bytes32"),
            ("lot", "uint16"),
            ("bidder", "address"),
            ("version", "uint32"),
            ("validUntil", "uint64"),
        ),
        "BondIssued": (("tenderId", "bytes32"), ("lot", "uint16"), ("bond", "bytes32")),
        "ExtendDisclosure": (
            ("tenderId", "bytes32"),
            ("part", "uint8"),
            ("discloseEnd", "uint40"),
        ),
        "CoSignOpening": (
            ("tenderId", "bytes32"),
            ("lot", "uint16"),
            ("part", "uint8"),
            ("record", "bytes32"),
            ("capacity", "string"),
        ),
        "TrusteeKey": (
            ("tenderId", "bytes32"),
            ("part", "uint8"),
            ("index", "uint8"),
            ("key", "address"),
            ("group", "bytes32"),
            ("rehearsal", "bytes32"),
        ),
    }
)
_TYPES: Final[Types] = MappingProxyType(
    {
        name: tuple({"name": member, "type": kind} for member, kind in members)
        for name, members in _MEMBERS.items()
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One envelope of a bid: SHA-256 and size of its age file, and what it commits itself to."""

    file: bytes
    size: int
    c_b: bytes
    c_c: bytes
    shares: bytes
    manifest: bytes

    def _words(self) -> tuple[bytes, ...]:
        hashes = _hashes(self.c_b, self.c_c, self.shares, self.manifest)
        return (*_hashes(self.file), word(self.size, 64), *hashes)


@dataclass(frozen=True, slots=True)
class SubmitBid:
    """A bid, first or replacing; `valid_until` in Unix seconds, `parts` from part 1 on."""

    tender: TenderId
    lot: int
    bidder: Address
    version: int
    docs: bytes
    parts: tuple[Part, ...]
    identity: bytes
    bond: bytes
    valid_until: int

    def place(self, ledger: LedgerRef) -> Place:
        """Return where in which tender this bid stands."""
        return Place(ledger, self.tender, self.lot, self.bidder)

    def _words(self) -> tuple[bytes, ...]:
        parts = (keccak(_PART + b"".join(part._words())) for part in self.parts)  # noqa: SLF001  # its own module
        return (
            *_bid(self),
            word(self.version, 32),
            *_hashes(self.docs),
            keccak(b"".join(parts)),
            *_hashes(self.identity, self.bond),
            word(self.valid_until, 64),
        )


@dataclass(frozen=True, slots=True)
class WithdrawBid:
    """A withdrawal; its version counts with those of the bids."""

    tender: TenderId
    lot: int
    bidder: Address
    version: int
    valid_until: int

    def _words(self) -> tuple[bytes, ...]:
        return (*_bid(self), word(self.version, 32), word(self.valid_until, 64))


@dataclass(frozen=True, slots=True)
class BondIssued:
    """A guarantor's word that it stands behind the bond committed to, one per firm and lot."""

    tender: TenderId
    lot: int
    bond: bytes

    def _words(self) -> tuple[bytes, ...]:
        return (*_hashes(self.tender), word(self.lot, 16), *_hashes(self.bond))


@dataclass(frozen=True, slots=True)
class TrusteeKey:
    """A trustee's word that it has the key of `key` and could open what was sealed to it."""

    tender: TenderId
    part: int
    index: int
    key: Address
    group: bytes
    rehearsal: bytes

    def _words(self) -> tuple[bytes, ...]:
        numbers = (word(self.part, 8), word(self.index, 8), word(int(self.key, 16), 160))
        return (*_hashes(self.tender), *numbers, *_hashes(self.group, self.rehearsal))


@dataclass(frozen=True, slots=True)
class ExtendDisclosure:
    """A trustee's word that disclosure shall end later; `disclose_end` in Unix seconds."""

    tender: TenderId
    part: int
    disclose_end: int

    def _words(self) -> tuple[bytes, ...]:
        return (*_hashes(self.tender), word(self.part, 8), word(self.disclose_end, 40))


@dataclass(frozen=True, slots=True)
class CoSignOpening:
    """A supervisor's or notary's word that it made an opening record itself, and got this digest.

    No contract reads it; a wallet shows `capacity` in words.
    """

    tender: TenderId
    lot: int
    part: int
    record: bytes
    capacity: str

    def _words(self) -> tuple[bytes, ...]:
        numbers = (word(self.lot, 16), word(self.part, 8))
        said = (*_hashes(self.record), keccak(self.capacity.encode()))
        return (*_hashes(self.tender), *numbers, *said)


Message = SubmitBid | WithdrawBid | BondIssued | TrusteeKey | ExtendDisclosure | CoSignOpening


def digest(ledger: LedgerRef, message: Message) -> bytes:
    """Return the 32 bytes to sign, which also name a bid on chain.

    Raise `MessageUnencodable` for a value that does not fit its type.
    """
    struct = _HASHES[type(message)] + b"".join(message._words())  # noqa: SLF001  # its own module
    return digest_of(DOMAIN_NAME, ledger, struct)


def typed_data(ledger: LedgerRef, message: Message) -> dict[str, Any]:
    """Return the EIP-712 JSON that a wallet shows and signs (`eth_signTypedData_v4`).

    Sizes and times are decimal strings, since a browser would round great ones.
    """
    name = type(message).__name__
    return shown(DOMAIN_NAME, ledger, _used(name), name, to_json(message))


def to_json(message: Message | Part) -> dict[str, Any]:
    """Return the message as JSON, its members named and ordered as they are signed."""
    members = _MEMBERS[type(message).__name__]
    return {name: _spelt(getattr(message, _FIELDS.get(name, name)), kind) for name, kind in members}


def sign(ledger: LedgerRef, message: Message, private_key: bytes) -> bytes:
    """Return the signature by a secp256k1 key of 32 bytes: 65 bytes r ‖ s ‖ v, s low."""
    return secp256k1.sign(secp256k1.private_key(private_key), digest(ledger, message))


def recover(ledger: LedgerRef, message: Message, signature: bytes) -> Address:
    """Return who signed; raise `SignatureInvalid` for a high s too (`ledger.secp256k1`)."""
    return secp256k1.recover(digest(ledger, message), signature)


def require_signed(
    ledger: LedgerRef, message: SubmitBid | WithdrawBid, signature: bytes
) -> Address:
    """Return the bidder; raise `BidSignatureInvalid` unless it signed this message."""
    try:
        signer = recover(ledger, message, signature)
    except SignatureInvalid as exc:
        raise BidSignatureInvalid(message.bidder) from exc
    if signer != message.bidder:
        raise BidSignatureInvalid(message.bidder)
    return signer


def _bid(message: SubmitBid | WithdrawBid) -> tuple[bytes, ...]:
    return (
        *_hashes(message.tender),
        word(message.lot, 16),
        word(int(message.bidder, 16), 160),
    )


def _hashes(*values: bytes) -> tuple[bytes, ...]:
    if any(len(value) != _ID_BYTES for value in values):
        raise MessageUnencodable
    return values


def _spelt(value: Any, kind: str) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    return str(value) if kind == "uint64" else value


def _used(name: str) -> Types:
    names = ("SubmitBid", "Part") if name == "SubmitBid" else (name,)
    return {each: _TYPES[each] for each in names}


_FIELDS: Final = {
    "tenderId": "tender",
    "validUntil": "valid_until",
    "cB": "c_b",
    "cC": "c_c",
    "discloseEnd": "disclose_end",
}
_PART: Final = type_hash(_TYPES, "Part")
_HASHES: Final[Mapping[type, bytes]] = {
    SubmitBid: type_hash(_TYPES, "SubmitBid", "Part"),
    WithdrawBid: type_hash(_TYPES, "WithdrawBid"),
    BondIssued: type_hash(_TYPES, "BondIssued"),
    TrusteeKey: type_hash(_TYPES, "TrusteeKey"),
    ExtendDisclosure: type_hash(_TYPES, "ExtendDisclosure"),
    CoSignOpening: type_hash(_TYPES, "CoSignOpening"),
}
