"""CBOR for health codes: one item, nothing after it, bounded, and a single spelling for our own.

cbor2's `loads` passes over trailing bytes, and its decoder builds sets and decimals out of tags;
whatever it answers is therefore walked before anybody uses it. Tags that keep the decoder itself
busy are refused before it sees them.
RFC 8949; deterministic encoding is its §4.2.1.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final

import cbor2
from cbor2 import CBORDecodeEOF, CBORDecoder, CBORTag

from ledger.errors import Refused

MAX_DEPTH: Final = 16
"""Containers inside one another, the outermost counted."""
MAX_NODES: Final = 4_096
"""Items of one document, containers and keys counted."""
MAX_COSTLY: Final = 4_096
"""Bytes of a document up to which it may have any tag that does not compute without bounds."""
NUMBER: Final = 0
BYTES: Final = 2
LIST: Final = 4
"""Major types (RFC 8949 §3.1)."""
MAX_INTEGER: Final = 2**64
"""Beyond it lie bignums, which no health code needs and no JSON reader keeps."""


@dataclass(eq=False)
class CborMalformed(Refused):
    """The bytes are not one CBOR item as it is allowed here."""

    reason: str


def decode(data: bytes) -> Any:
    """Return the one item that `data` is, as cbor2 makes it; raise `CborMalformed` for all else.

    The answer is not yet harmless: tags may have made anything of it. `check_plain` says whether it
    is data; a caller that expects a tag looks for `CBORTag` itself.
    """
    decoder, value = _first(data)
    try:
        decoder.read(1)
    except CBORDecodeEOF:
        return value
    raise CborMalformed("trailing bytes")


def decode_first(data: bytes) -> Any:
    """Return the first item of `data` as `decode` does, whatever comes after it.

    For whoever writes the item again and compares it with `data`.
    """
    return _first(data)[1]


def _first(data: bytes) -> tuple[CBORDecoder, Any]:
    # The deeper is left to the walk, which counts from where a document begins.
    if len(data) > MAX_COSTLY or _COSTLY_TAG.search(data):
        _refuse_costly(data)
    decoder = CBORDecoder(BytesIO(data), read_size=4_096, max_depth=MAX_DEPTH + 4)
    try:
        return decoder, decoder.decode()
    except Exception as exc:  # the decoder of a tag may raise anything
        raise CborMalformed("undecodable") from exc


def decode_deterministic(data: bytes) -> Any:
    """Return what `data` encodes, when it is that value's only spelling; else `CborMalformed`.

    Long forms, duplicate keys, other orders and indefinite lengths all fail here.
    """
    value = decode(data)
    check_plain(value.value if type(value) is CBORTag else value)
    if encode(value) != data:
        raise CborMalformed("not deterministic")
    return value


def encode(value: object) -> bytes:
    """Return the deterministic encoding (RFC 8949 §4.2.1) of plain data, or of a tag over it.

    Floats and dates are refused as `CborMalformed`: nothing of ours has them.
    """
    return cbor2.dumps(_ordered(value))


def encode_in_order(value: object) -> bytes:
    """Return what `encode` returns for plain data whose maps are in order already, unchecked.

    For what is read again thousands of times a second: putting in order takes ten times as long.
    """
    return cbor2.dumps(value)


def head(data: bytes, at: int, major: int) -> tuple[int, int]:
    """Return the argument of the head at `at`, in its shortest form, and where it ends.

    Raises `CborMalformed` unless there is one, of this major type. For forms with one spelling,
    read head by head thousands of times a second: nothing need be written again to compare.
    """
    low = data[at] - (major << 5) if at < len(data) else -1
    if 0 <= low < _ONE_BYTE:
        return low, at + 1
    following = _FOLLOWING.get(low)
    if following is not None:
        end = at + 1 + following
        argument = int.from_bytes(data[at + 1 : end])
        if argument >= _LEAST[following] and end <= len(data):
            return argument, end
    raise CborMalformed("head")


def check_plain(value: object) -> None:
    """Raise `CborMalformed` unless `value` is plain data within the bounds.

    Plain: dict with keys int or str, list, str, bytes, int below 2^64 either way, finite float,
    bool, None, date.
    """
    _walk(value, MAX_DEPTH, MAX_NODES)


def is_number(value: object) -> bool:
    """Whether `value` is an integer below 2^64 either way, or a finite float; never a boolean."""
    if type(value) is int:
        return -MAX_INTEGER <= value < MAX_INTEGER
    return type(value) is float and math.isfinite(value)


_LEAVES: Final = (str, bytes, bool, type(None), date)
"""What may stand in a document besides numbers and containers; a datetime is a date."""
_KEYS: Final = frozenset((int, str))


def _walk(value: Any, depth: int, budget: int) -> int:
    """Return what is left of `budget`, a number of items, after `value`."""
    if budget <= 0:
        raise CborMalformed("too many items")
    kind = type(value)
    if kind is dict or kind is list:
        if depth == 0:
            raise CborMalformed("too deep")
        if kind is dict and not _KEYS.issuperset(map(type, value)):
            raise CborMalformed("a key that is neither number nor text")  # True would pass for 1
        budget -= 1 + (len(value) if kind is dict else 0)
        for inner in value.values() if kind is dict else value:
            budget = _walk(inner, depth - 1, budget)
        return budget
    if isinstance(value, _LEAVES) or is_number(value):
        return budget - 1
    raise CborMalformed("no plain data")


def _ordered(value: Any) -> Any:
    """The same value with the members of every map in the order of their encoded keys."""
    kind = type(value)
    if kind is dict:
        return {key: _ordered(value[key]) for key in sorted(value, key=_rank)}
    if kind is list:
        return [_ordered(inner) for inner in value]
    if kind is CBORTag:
        return CBORTag(value.tag, _ordered(value.value))
    if kind in (str, bytes, bool, type(None)) or (kind is int and is_number(value)):
        return value
    raise CborMalformed("no deterministic encoding")


def _rank(key: object) -> tuple[int, int, bytes]:
    """Where an encoded key sorts: by major type, then by its number or length, then by content."""
    kind = type(key)
    if kind is int and is_number(key):
        return (0, key, b"") if key >= 0 else (1, -1 - key, b"")  # type: ignore[operator,return-value]  # an int
    if kind is bytes:
        return 2, len(key), key  # type: ignore[arg-type,return-value]  # bytes
    if kind is str:
        content = key.encode()  # type: ignore[attr-defined]  # a string
        return 3, len(content), content
    raise CborMalformed("a key that is neither number nor text")


# A regular expression (tag 35) is compiled while it is decoded, and 25 bytes of one cost 5 ms: a
# code of 64 KiB would hold a gate up for seconds before its signature is looked at. Shared values
# (tags 28, 29) make a map's key of 300 bytes whose hash is not done in a year. Bignums, decimals
# and fractions take half a second at 64 KiB, and nothing to speak of in a short document.

_COSTLY: Final = frozenset((28, 29, 35))
_COSTLY_TAG: Final = re.compile(
    rb"\xd8[\x1c\x1d\x23]|\xd9\x00[\x1c\x1d\x23]|\xda\x00{3}[\x1c\x1d\x23]|\xdb\x00{7}[\x1c\x1d\x23]"
)
_CHEAP: Final = frozenset((0, 1, 18, 61, 100, 1004))
"""Dates and envelopes: all that a long document may have."""
_FOLLOWING: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Bytes of the argument after a head whose low five bits say so."""
_ONE_BYTE: Final = 24
_LEAST: Final = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}
"""The least argument that needs so many bytes."""
_TAG: Final = 6


def _refuse_costly(data: bytes) -> None:
    """Raise `CborMalformed` when one of the heads of `data` is a tag that costs too much.

    The bytes that brought us here may stand in a string, a signature for one, so heads are read.
    """
    is_long = len(data) > MAX_COSTLY
    for major, argument in _heads(data):
        if major == _TAG and (argument not in _CHEAP if is_long else argument in _COSTLY):
            raise CborMalformed("a costly tag")


def _heads(data: bytes) -> Iterable[tuple[int, int]]:
    """Yield major type and argument of every item, contents of strings left out."""
    at = 0
    while at < len(data):
        major, low = data[at] >> 5, data[at] & 31
        size = _FOLLOWING.get(low, 0)
        argument = int.from_bytes(data[at + 1 : at + 1 + size]) if size else low
        at += 1 + size
        if major in (2, 3) and low != 31:  # noqa: PLR2004  # strings of known length
            at += argument
        yield major, argument
