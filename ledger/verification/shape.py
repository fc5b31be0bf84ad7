"""Reading foreign JSON member by member, with no value taken that was not asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from eth_utils.address import to_checksum_address

from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.errors import Refused
from ledger.values import Address

_HEX: Final = frozenset("0123456789abcdef")
UINT40: Final = 2**40 - 1
"""The greatest time or block number that the contracts keep."""
MAX_CHAIN_ID: Final = 2**53 - 1
"""The greatest number that every JSON reader keeps whole (RFC 7493 §2.2)."""


@dataclass(eq=False)
class ShapeWrong(Refused):
    """A member of the file is missing, superfluous or of another kind."""

    member: str


def members(value: Any, names: Collection[str], member: str) -> dict[str, Any]:
    """Return `value`; raise `ShapeWrong` unless it is an object with exactly these names."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ShapeWrong(member)
    return value


def entries(value: Any, member: str, *, length: int | None = None, limit: int = 2**32) -> list[Any]:
    """Return `value`; raise `ShapeWrong` unless it is an array of `length`, or at most `limit`."""
    if not isinstance(value, list) or len(value) > limit:
        raise ShapeWrong(member)
    if length is not None and len(value) != length:
        raise ShapeWrong(member)
    return value


def number(value: Any, member: str, *, least: int = 0, greatest: int = UINT40) -> int:
    """Return `value`; raise `ShapeWrong` unless it is an integer from `least` to `greatest`."""
    if type(value) is not int or not least <= value <= greatest:
        raise ShapeWrong(member)
    return value


def text(value: Any, member: str, *, limit: int = 512) -> str:
    """Return `value`; raise `ShapeWrong` unless it is a text of at most `limit` characters."""
    if not isinstance(value, str) or len(value) > limit:
        raise ShapeWrong(member)
    return value


def flag(value: Any, member: str) -> bool:
    """Return `value`; raise `ShapeWrong` unless it is true or false."""
    if not isinstance(value, bool):
        raise ShapeWrong(member)
    return value


def hexadecimal(value: Any, length: int, member: str) -> bytes:
    """Return the `length` bytes of 0x and lower-case hex; raise `ShapeWrong` for anything else."""
    if not isinstance(value, str) or len(value) != 2 + 2 * length or value[:2] != "0x":
        raise ShapeWrong(member)
    if not _HEX.issuperset(value[2:]):
        raise ShapeWrong(member)
    return bytes.fromhex(value[2:])


def base64url(value: Any, length: int, member: str) -> bytes:
    """Return the `length` bytes of base64url in its one spelling; raise `ShapeWrong` or else."""
    try:
        raw = b64url_decode(value) if isinstance(value, str) else b""
    except EncodingNotCanonical as exc:
        raise ShapeWrong(member) from exc
    if len(raw) != length:
        raise ShapeWrong(member)
    return raw


@lru_cache(maxsize=256)
def _checked(raw: bytes) -> str:
    """Keep the few ledgers that most proofs name: the check case is a keccak hash away."""
    return to_checksum_address(raw)


def address(value: Any, member: str) -> Address:
    """Return an account with its check case (EIP-55); raise `ShapeWrong` for a wrong case."""
    checked = _checked(hexadecimal(value.lower() if isinstance(value, str) else value, 20, member))
    if value not in {checked, checked.lower()}:
        raise ShapeWrong(member)
    return Address(checked)
