"""Trustees' keys before anything depends on them: request, rehearsal, statement (§3.2).

A trustee asks with its public key; the buyer seals 32 random bytes to it as bids will be; the
trustee opens them and says so, signed with the very key. Its statement is a file of the documents.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from ledger import secp256k1
from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.tenders import envelopes, forms, messages
from ledger.tenders.forms import Form
from ledger.tenders.ids import TenderId, rehearsal_context
from ledger.tenders.messages import TrusteeKey
from ledger.values import LedgerRef


@dataclass(eq=False)
class StatementInvalid(Refused):
    """The trustee's statement is not signed by the key that it names, or is for another place."""

    part: int
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One trustee's place: the tender's part, the number from 1 on, and whose it is."""

    ledger: LedgerRef
    tender: TenderId
    part: int
    index: int
    group: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the place as every form of trustees spells it."""
        return {
            "ledger": ledger_json(self.ledger),
            "tender": "0x" + self.tender.hex(),
            "part": self.part,
            "index": self.index,
            "group": "0x" + self.group.hex(),
        }

    @classmethod
    def of(cls, value: dict[str, Any]) -> "Seat":
        """Return the place that a form names."""
        return cls(
            ledger=ledger_of(value["ledger"]),
            tender=TenderId(octets(value["tender"])),
            part=value["part"],
            index=value["index"],
            group=octets(value["group"]),
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A trustee's request: its place, and the compressed public key of 33 bytes."""

    seat: Seat
    public_key: bytes

    def to_bytes(self) -> bytes:
        """Return the file."""
        key = {"publicKey": "0x" + self.public_key.hex()}
        return forms.write(Form.REQUEST, self.seat.to_json() | key)

    @classmethod
    def read(cls, content: bytes) -> "Request":
        """Return the request in a file; raise `FormInvalid`."""
        value = forms.read(Form.REQUEST, content)
        return cls(Seat.of(value), octets(value["publicKey"]))

    def rehearsal(self, drawn: bytes, ephemeral: bytes) -> bytes:
        """Return the file with which the buyer tries the key: `drawn`, 32 random bytes, sealed.

        Raise `PointMalformed` for what is no key, `AccountKeyInvalid` for the ephemeral one.
        """
        seat = self.seat
        context = rehearsal_context(seat.tender, seat.part, seat.index)
        envelope = envelopes.seal(drawn, self.public_key, context, seat.index, ephemeral)
        place = {"tender": "0x" + seat.tender.hex(), "part": seat.part, "index": seat.index}
        return forms.write(Form.REHEARSAL, place | {"envelope": "0x" + envelope.hex()})


@dataclass(frozen=True, slots=True)
class Statement:
    """What a trustee signed; `ledger` is the TenderLedger."""

    ledger: LedgerRef
    key: TrusteeKey
    signature: bytes

    def to_bytes(self) -> bytes:
        """Return the file of the documents."""
        key = self.key
        seat = Seat(self.ledger, key.tender, key.part, key.index, key.group)
        signed = {
            "key": key.key,
            "rehearsal": "0x" + key.rehearsal.hex(),
            "signature": "0x" + self.signature.hex(),
        }
        return forms.write(Form.STATEMENT, seat.to_json() | signed)

    @classmethod
    def read(cls, content: bytes) -> "Statement":
        """Return the statement in a file, its signature not yet checked; raise `FormInvalid`."""
        value = forms.read(Form.STATEMENT, content)
        seat = Seat.of(value)
        address = secp256k1.checksum(octets(value["key"]))
        rehearsal = octets(value["rehearsal"])
        key = TrusteeKey(seat.tender, seat.part, seat.index, address, seat.group, rehearsal)
        return cls(seat.ledger, key, octets(value["signature"]))

    def public_key(self) -> bytes:
        """Return the compressed key that signed; raise `StatementInvalid` unless it is the named.

        Nobody can seal to an address, so the point is recovered from the signature.
        """
        try:
            point = secp256k1.recover_key(messages.digest(self.ledger, self.key), self.signature)
        except SignatureInvalid as exc:
            raise self._invalid("signature") from exc
        if secp256k1.address_of(point) != self.key.key:
            raise self._invalid("signature")
        return point.format()

    def require_rehearsed(self, drawn: bytes) -> None:
        """Raise `StatementInvalid` unless the trustee opened what the buyer had `drawn`."""
        self.public_key()
        if hashlib.sha256(drawn).digest() != self.key.rehearsal:
            raise self._invalid("rehearsal")

    def _invalid(self, reason: str) -> StatementInvalid:
        return StatementInvalid(self.key.part, self.key.index, reason)


def state(seat: Seat, rehearsal: bytes, secret: bytes) -> Statement:
    """Return the statement of the trustee with this secret, after it opened a rehearsal's file.

    Raises:
        FormInvalid: for the file.
        StatementInvalid: for a rehearsal of another place.
        EnvelopeBroken: when it was sealed to another key.
    """
    value = forms.read(Form.REHEARSAL, rehearsal)
    place = (TenderId(octets(value["tender"])), value["part"], value["index"])
    if place != (seat.tender, seat.part, seat.index):
        raise StatementInvalid(seat.part, seat.index, "place")
    context = rehearsal_context(*place)
    drawn = envelopes.open_(octets(value["envelope"]), secret, context, seat.index)
    address = secp256k1.address_of(secp256k1.private_key(secret).public_key)
    digest = hashlib.sha256(drawn).digest()
    key = TrusteeKey(seat.tender, seat.part, seat.index, address, seat.group, digest)
    return Statement(seat.ledger, key, messages.sign(seat.ledger, key, secret))


def ledger_json(ledger: LedgerRef) -> dict[str, Any]:
    """Return a TenderLedger as forms spell it."""
    return {"chainId": ledger.chain_id, "address": ledger.address}


def ledger_of(value: dict[str, Any]) -> LedgerRef:
    """Return the TenderLedger that a form names."""
    return LedgerRef(value["chainId"], secp256k1.checksum(octets(value["address"])))


def octets(text: str) -> bytes:
    """Return the bytes of 0x-hexadecimal that a form's schema has seen."""
    return bytes.fromhex(text.removeprefix("0x"))
