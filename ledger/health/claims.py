"""Claims of signed documents, read strictly: known, of their type, within their bounds.

`cnf` (8) is that of RFC 8747 §3.2 with a COSE_Key of P-256 (RFC 9053 §7.1).
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger.errors import Refused
from ledger.health import cbor
from ledger.keys import PublicKey

MAX_TIME: Final = 2**40
MAX_JURISDICTION_CHARACTERS: Final = 16
_EC2: Final = 2
_P256: Final = 1
_CNF: Final = frozenset((1,))
_COSE_KEY: Final = frozenset((1, -1, -2, -3))
_NONE: Final[frozenset[int]] = frozenset()
_T = TypeVar("_T")


@dataclass(eq=False)
class ClaimsInvalid(Refused):
    """A signed document says something that none of its kind may say: which claim."""

    claim: str


def open_claims(
    payload: bytes, read: Callable[[Any], _T], spell: Callable[[_T], Mapping[int, Any]]
) -> _T:
    """Return what `payload` says, if it is the only spelling of that; else `ClaimsInvalid`.

    `spell` gives plain data with every map in the order of its encoded keys.
    """
    try:
        content = read(cbor.decode_first(payload))
    except cbor.CborMalformed as exc:
        raise ClaimsInvalid("encoding") from exc
    if cbor.encode_in_order(spell(content)) != payload:
        raise ClaimsInvalid("encoding")
    return content


def members(
    claim: str, value: object, wanted: AbstractSet[int], allowed: AbstractSet[int]
) -> Mapping[int, Any]:
    """Return a map that has all of `wanted` and besides some of `allowed`."""
    if type(value) is not dict or not wanted <= value.keys():
        raise ClaimsInvalid(claim)
    if len(value) > len(wanted) and not value.keys() - wanted <= allowed:
        raise ClaimsInvalid(claim)
    return value


def pair(claim: str, value: object) -> tuple[Any, Any]:
    """Return the two items of a list."""
    if type(value) is not list or len(value) != len(("first", "second")):
        raise ClaimsInvalid(claim)
    return value[0], value[1]


def number(claim: str, value: object, end: int, *, least: int = 0) -> int:
    """Return an integer from `least` to below `end`."""
    if type(value) is not int or not least <= value < end:
        raise ClaimsInvalid(claim)
    return value


def text(claim: str, value: object, most: int) -> str:
    """Return a printable text of 1 to `most` characters."""
    if type(value) is not str or not 0 < len(value) <= most or not value.isprintable():
        raise ClaimsInvalid(claim)
    return value


def octets(claim: str, value: object, size: int) -> bytes:
    """Return a byte string of exactly `size` bytes."""
    if type(value) is not bytes or len(value) != size:
        raise ClaimsInvalid(claim)
    return value


def holder_key(value: object) -> PublicKey:
    """Return the key of a `cnf` claim."""
    key = members("cnf", members("cnf", value, _CNF, _NONE)[1], _COSE_KEY, _NONE)
    if (key[1], key[-1]) != (_EC2, _P256):
        raise ClaimsInvalid("cnf")
    holder = PublicKey(octets("cnf", key[-2], 32), octets("cnf", key[-3], 32))
    if not holder.is_point():
        raise ClaimsInvalid("cnf")
    return holder


def spell_holder(holder: PublicKey) -> dict[int, Any]:
    """Return the `cnf` claim of a key."""
    return {1: {1: _EC2, -1: _P256, -2: holder.x, -3: holder.y}}
