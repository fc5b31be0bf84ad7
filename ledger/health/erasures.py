"""Receipts for erased scans: the row and its randomness are gone, its root stays untouched.

RFC 8785 JSON that the agency's key signs. It names digests alone: without the 16 random bytes of a
row nobody can tell what one was of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health.scans import scan_number
from ledger.keys import PublicKey
from ledger.values import Digest
from ledger.verification.shape import ShapeWrong, entries, hexadecimal, members, number, text

ID_BYTES: Final = 16
MAX_ROWS: Final = 1_000
_DIGEST_BYTES: Final = 32
_MAX_AGENCY: Final = 66
_NAMES: Final = ("v", "id", "agency", "cause", "erasedAt", "rows", "numbers")


class Cause(StrEnum):
    """Why rows were erased."""

    REQUEST = "request"
    RETENTION = "retention"


@dataclass(eq=False)
class ErasureMalformed(Refused):
    """The bytes are no erasure receipt: which member."""

    member: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased: `rows` by digest. `id` of 16 random bytes, `agency` as "XB/CODE"."""

    id: bytes
    agency: str
    cause: Cause
    erased_at: int
    rows: tuple[Digest, ...]


def write_receipt(erasure: Erasure) -> bytes:
    """Return the bytes that are signed; raise `ErasureMalformed` for what none may say."""
    encoded = canonical_json(_spell(erasure))
    content_of(encoded)  # never sign what would not be read
    return encoded


def read_receipt(receipt: bytes, signature: bytes, key: PublicKey) -> Erasure:
    """Return what `key` signed; raise `SignatureInvalid`, or `ErasureMalformed` thereafter."""
    key.verify(receipt, signature)
    return content_of(receipt)


def _spell(erasure: Erasure) -> dict[str, Any]:
    return {
        "v": 1,
        "id": "0x" + erasure.id.hex(),
        "agency": erasure.agency,
        "cause": erasure.cause.value,
        "erasedAt": erasure.erased_at,
        "rows": ["0x" + digest.hex() for digest in erasure.rows],
        "numbers": [scan_number(digest) for digest in erasure.rows],
    }


def content_of(receipt: bytes) -> Erasure:
    """Return what a receipt says before anybody's signature was checked.

    Raises `ErasureMalformed` for anything but a receipt in its only spelling.
    """
    try:
        erasure = _erasure(members(parse_object(receipt), _NAMES, "receipt"))
    except ShapeWrong as exc:
        raise ErasureMalformed(exc.member) from exc
    except LedgerError as exc:
        raise ErasureMalformed("receipt") from exc
    if canonical_json(_spell(erasure)) != receipt:
        raise ErasureMalformed("receipt")
    return erasure


def _erasure(found: Mapping[str, Any]) -> Erasure:
    if found["cause"] not in list(Cause):
        raise ShapeWrong("cause")
    rows = entries(found["rows"], "rows", limit=MAX_ROWS)
    digests = tuple(Digest(hexadecimal(each, _DIGEST_BYTES, "rows")) for each in rows)
    if not digests or len(set(digests)) != len(digests):
        raise ShapeWrong("rows")
    return Erasure(
        id=hexadecimal(found["id"], ID_BYTES, "id"),
        agency=text(found["agency"], "agency", limit=_MAX_AGENCY),
        cause=Cause(found["cause"]),
        erased_at=number(found["erasedAt"], "erasedAt"),
        rows=digests,
    )
