"""The two files of a move: what the new device asks for, and what the old one orders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health import moves, signed
from ledger.health.moves import MoveRequest
from wallet.health.conversions import Terms
from wallet.home import read_file


@dataclass(eq=False)
class MoveFileMalformed(Refused):
    """The file is none of a move. Begin anew on the new device: suizheng health move request."""

    path: str


@dataclass(eq=False)
class MoveToAnother(Refused):
    """The move is to another authority than the one that issued the passes. Name that one."""

    wanted: str
    issuer: str


@dataclass(eq=False)
class MoveOfAnother(Refused):
    """The order is to a key that is not in this wallet. Use the wallet that asked for the move."""

    kid: str


@dataclass(frozen=True, slots=True)
class RequestFile:
    """What the new device asks of which authority, with its signature."""

    agency: str
    request: bytes

    @property
    def content(self) -> MoveRequest:
        """What it asks for, proved to be by the key that it names."""
        return moves.verify_request(self.request)

    def to_json(self) -> bytes:
        """Return the file."""
        return _spelt({"agency": self.agency, "request": b64url_encode(self.request)})

    @classmethod
    def read(cls, path: Path) -> "RequestFile":
        """Return what is in a file; raise `MoveFileMalformed`."""
        try:
            value = parse_object(read_file(path))
            found = cls(str(value["agency"]), b64url_decode(value["request"]))
            _ = found.content
        except (KeyError, TypeError, LedgerError) as exc:
            raise MoveFileMalformed(str(path)) from exc
        return found


@dataclass(frozen=True, slots=True)
class OrderFile:
    """The order, and the terms that the new device keeps from then on, its own key in them."""

    terms: Terms
    order: bytes

    @property
    def content(self) -> MoveRequest:
        """What the new device asked for."""
        return moves.verify_request(moves.read_order(signed.read(self.order)).request)

    def to_json(self) -> bytes:
        """Return the file."""
        terms = {name: getattr(self.terms, name) for name in self.terms.__slots__}
        return _spelt({"terms": terms, "order": b64url_encode(self.order)})

    @classmethod
    def read(cls, path: Path) -> "OrderFile":
        """Return what is in a file; raise `MoveFileMalformed`."""
        try:
            value = parse_object(read_file(path))
            terms = dict(value["terms"])
            terms["consents"] = tuple(terms["consents"])
            found = cls(Terms(**terms), b64url_decode(value["order"]))
            _ = found.content
        except (KeyError, TypeError, ValueError, LedgerError) as exc:
            raise MoveFileMalformed(str(path)) from exc
        return found


def _spelt(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
