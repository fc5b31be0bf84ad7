"""Co-signatures of an opening record: supervisor and notary confirm what the buyer anchored (§6).

EIP-712 by the account's own key, since that is what an outsider can check with nobody's help: the
supervisor's account has its role from the chain, the notary's key is named in the tender documents,
whose digest is on the chain. Each signs the record's digest after making the record itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ledger import secp256k1
from ledger.errors import CoSignatureInvalid, Refused
from ledger.keys import SignatureInvalid
from ledger.secp256k1 import checksum
from ledger.tenders import forms, messages
from ledger.tenders.forms import Form
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import CoSignOpening
from ledger.tenders.trustees import ledger_json, ledger_of, octets
from ledger.values import Address, LedgerRef


class Capacity(StrEnum):
    """As what somebody co-signs."""

    SUPERVISOR = "supervisor"
    NOTARY = "notary"


@dataclass(eq=False)
class CoSignerUnknown(Refused):
    """The key is not the supervisor's, or not the notary's that the documents name."""

    signer: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Notary:
    """The notary 公证处 of a tender, as its documents name it."""

    name: str
    key: Address


@dataclass(frozen=True, slots=True)
class CoSigners:
    """Whom the documents announce; without them a supervisor may co-sign, and no notary."""

    has_supervisor: bool = False
    notary: Notary | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "CoSigners":
        """Return what a manifest of documents that was checked says."""
        told = content.get("coSigners", {})
        notary = told.get("notary")
        named = None if notary is None else Notary(notary["name"], _address(notary["key"]))
        return cls("supervisor" in told, named)

    @property
    def announced(self) -> tuple[Capacity, ...]:
        """Return as what somebody was announced."""
        found = {Capacity.SUPERVISOR: self.has_supervisor, Capacity.NOTARY: self.notary is not None}
        return tuple(each for each, is_named in found.items() if is_named)

    def require_notary(self, key: Address) -> None:
        """Raise `CoSignerUnknown` unless the key is the notary's."""
        if self.notary is None or self.notary.key != key:
            raise CoSignerUnknown(key, Capacity.NOTARY)


@dataclass(frozen=True, slots=True)
class CoSigned:
    """What is co-signed: the record of one part of a lot, by its SHA-256, and as what."""

    ledger: LedgerRef
    tender: TenderId
    lot: int
    part: int
    record: bytes
    capacity: Capacity

    @property
    def message(self) -> CoSignOpening:
        """What is signed."""
        return CoSignOpening(self.tender, self.lot, self.part, self.record, self.capacity.value)


@dataclass(frozen=True, slots=True)
class OpeningCoSignature:
    """A signature by `signer` over what it confirms: 65 bytes r ‖ s ‖ v."""

    said: CoSigned
    signer: Address
    signature: bytes = field(repr=False)

    def require_signed(self) -> None:
        """Raise `CoSignatureInvalid` unless the key of `signer` signed it."""
        try:
            found = messages.recover(self.said.ledger, self.said.message, self.signature)
        except SignatureInvalid as exc:
            raise CoSignatureInvalid(self.signer) from exc
        if found != self.signer:
            raise CoSignatureInvalid(self.signer)

    def to_bytes(self) -> bytes:
        """Return the paper; raise `FormInvalid`."""
        said = self.said
        told = {
            "ledger": ledger_json(said.ledger),
            "tender": "0x" + said.tender.hex(),
            "lot": said.lot,
            "part": said.part,
            "record": "0x" + said.record.hex(),
            "capacity": said.capacity.value,
            "signer": self.signer,
            "signature": "0x" + self.signature.hex(),
        }
        return forms.write(Form.COSIGNATURE, told)

    @classmethod
    def read(cls, content: bytes) -> "OpeningCoSignature":
        """Return what is in a paper, its signature not yet checked; raise `FormInvalid`."""
        value = forms.read(Form.COSIGNATURE, content)
        said = CoSigned(
            ledger_of(value["ledger"]),
            TenderId(octets(value["tender"])),
            value["lot"],
            value["part"],
            octets(value["record"]),
            Capacity(value["capacity"]),
        )
        return cls(said, _address(value["signer"]), octets(value["signature"]))


def co_sign(said: CoSigned, secret: bytes) -> OpeningCoSignature:
    """Return the signature with a secp256k1 key of 32 bytes."""
    signer = secp256k1.address_of(secp256k1.private_key(secret).public_key)
    return OpeningCoSignature(said, signer, messages.sign(said.ledger, said.message, secret))


def _address(value: str) -> Address:
    return checksum(octets(value))
