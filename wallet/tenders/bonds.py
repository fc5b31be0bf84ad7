"""A guarantor's side of sealed bids: what it is asked, what it issued, one bond per firm and lot.

The bidder's key is one-time: the guarantor alone knows whose it is, and names after the disclosure
the firms whose bonds stayed undisclosed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.secp256k1 import checksum
from ledger.tenders import messages
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.errors import BondNotAttested
from ledger.tenders.ids import Place, TenderId
from ledger.tenders.messages import BondIssued
from ledger.tenders.trustees import ledger_json, ledger_of, octets
from ledger.values import Address, LedgerRef
from wallet.home import read_file, write_file

_FOLDER: Final = "bonds"
_HASH_BYTES: Final = 32
_ADDRESS_BYTES: Final = 20


@dataclass(eq=False)
class BondFileMalformed(Refused):
    """The file is none that suizheng bond writes. Have it made anew: suizheng bond request."""

    path: str


@dataclass(eq=False)
class BondOfAnother(Refused):
    """The bid commits itself to another guarantee. Give the one that bid.json names."""

    expected: bytes
    given: bytes


@dataclass(eq=False)
class BondIssuedAlready(Refused):
    """The firm has a bond for this lot under another key. One firm bids once."""

    firm: str
    bidder: Address


@dataclass(frozen=True, slots=True)
class BondRequest:
    """What a bidder asks to be guaranteed: its place, the guarantee, what it is committed to by."""

    place: Place
    guarantee: bytes
    bond: bytes

    @property
    def message(self) -> BondIssued:
        """What the guarantor signs."""
        return BondIssued(self.place.tender, self.place.lot, self.bond)

    def require_committed(self) -> None:
        """Raise `BondOfAnother` unless the commitment is to this guarantee, by this bidder."""
        expected = commitment(Tag.BOND, self.place.constant, self.guarantee)
        if expected != self.bond:
            raise BondOfAnother(expected, self.bond)

    def to_bytes(self) -> bytes:
        """Return the file for the guarantor."""
        place = self.place
        told = {
            "ledger": ledger_json(place.ledger),
            "tender": "0x" + place.tender.hex(),
            "lot": place.lot,
            "bidder": place.bidder,
            "guarantee": "0x" + self.guarantee.hex(),
            "bond": "0x" + self.bond.hex(),
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)


@dataclass(frozen=True, slots=True)
class Attestation:
    """A guarantor's signature, as it goes back to the bidder."""

    ledger: LedgerRef
    message: BondIssued
    signature: bytes

    def require_by(self, guarantor: Address) -> None:
        """Raise `BondNotAttested` unless the tender's guarantor signed it."""
        try:
            signer = messages.recover(self.ledger, self.message, self.signature)
        except SignatureInvalid as exc:
            raise BondNotAttested from exc
        if signer != guarantor:
            raise BondNotAttested

    def to_bytes(self) -> bytes:
        """Return the file for the bidder."""
        told = {
            "ledger": ledger_json(self.ledger),
            "tender": "0x" + self.message.tender.hex(),
            "lot": self.message.lot,
            "bond": "0x" + self.message.bond.hex(),
            "signature": "0x" + self.signature.hex(),
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def read_request(path: Path) -> BondRequest:
    """Return the request in a file; raise `BondFileMalformed`."""
    told = _told(path)
    try:
        tender, guarantee, bond = (_hash(told[name]) for name in ("tender", "guarantee", "bond"))
        bidder = checksum(_sized(told["bidder"], _ADDRESS_BYTES))
        place = Place(ledger_of(told["ledger"]), TenderId(tender), int(told["lot"]), bidder)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise BondFileMalformed(str(path)) from exc
    return BondRequest(place, guarantee, bond)


def read_attestation(path: Path) -> Attestation:
    """Return the attestation in a file; raise `BondFileMalformed`."""
    told = _told(path)
    try:
        message = BondIssued(TenderId(_hash(told["tender"])), int(told["lot"]), _hash(told["bond"]))
        return Attestation(ledger_of(told["ledger"]), message, octets(told["signature"]))
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise BondFileMalformed(str(path)) from exc


class BondRegister:
    """What this wallet's guarantor issued, by tender and lot; never more than a bond per firm."""

    def __init__(self, home: Path, tender: TenderId, lot: int) -> None:
        self._path = home / _FOLDER / f"{tender.hex()}-{lot}.json"

    def issued(self) -> Mapping[str, Address]:
        """Return the one-time keys by firm."""
        if not self._path.exists():
            return {}
        return {firm: Address(key) for firm, key in _told(self._path).items()}

    def note(self, firm: str, bidder: Address) -> None:
        """Note a bond before it is signed; raise `BondIssuedAlready` for a second key of a firm."""
        issued = dict(self.issued())
        if issued.get(firm, bidder) != bidder:
            raise BondIssuedAlready(firm, issued[firm])
        write_file(self._path, orjson.dumps(issued | {firm: bidder}))


def _told(path: Path) -> dict[str, Any]:
    try:
        return parse_object(read_file(path))
    except JsonMalformed as exc:
        raise BondFileMalformed(str(path)) from exc


def _hash(text: str) -> bytes:
    return _sized(text, _HASH_BYTES)


def _sized(text: str, size: int) -> bytes:
    found = octets(text)
    if len(found) != size:
        raise ValueError(text)
    return found
