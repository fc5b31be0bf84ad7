"""Cursors of lists that are read newest first: how far one list was read.

A cursor names the last row that was shown by its number, so rows that come in between are neither
shown twice nor push others out. Its tag ties it to the list; it is no secret, since a cursor grants
nothing: whoever makes one sees what they may see anyway.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from ledger.canonical import EncodingNotCanonical, b64url_decode, b64url_encode
from ledger.errors import Refused

_NUMBER_BYTES: Final = 8
_TAG_BYTES: Final = 8
_MOST: Final = 2**63 - 1  # what fits a column


@dataclass(eq=False)
class CursorMalformed(Refused):
    """The cursor is not one that a page gave."""


def cursor_of(list_: str, owner: bytes, number: int) -> str:
    """Return the cursor behind row `number` of an owner's list, 22 characters of base64url."""
    place = number.to_bytes(_NUMBER_BYTES)
    return b64url_encode(place + _tag(list_, owner, place))


def number_of(list_: str, owner: bytes, cursor: str) -> int:
    """Return the row behind which a cursor stands; raise `CursorMalformed` for another list's."""
    try:
        raw = b64url_decode(cursor)
    except EncodingNotCanonical:
        raise CursorMalformed from None
    place, tag = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:]
    number = int.from_bytes(place)
    if tag != _tag(list_, owner, place) or number > _MOST:
        raise CursorMalformed
    return number


def _tag(list_: str, owner: bytes, place: bytes) -> bytes:
    told = list_.encode() + b"\x00" + owner + place
    return hashlib.sha256(told).digest()[:_TAG_BYTES]
