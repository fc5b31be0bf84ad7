"""JSON-RPC's spelling of numbers, bytes and addresses, read strictly.

What a node sends is not trusted: anything but the expected spelling raises `ChainUnavailable`.
"""

import re
from typing import Any, Final

from ledger.errors import ChainUnavailable
from ledger.secp256k1 import ADDRESS_BYTES, checksum
from ledger.values import Address

__all__ = [
    "ADDRESS_BYTES",
    "HASH_BYTES",
    "address",
    "checksum",
    "octets",
    "quantity",
    "record",
    "rows",
    "spell",
]

_QUANTITY: Final = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})\Z")
HASH_BYTES: Final = 32


def quantity(value: Any) -> int:
    """Return the number behind a QUANTITY such as "0x1f"."""
    if not isinstance(value, str) or not _QUANTITY.match(value):
        raise ChainUnavailable("the node sent a malformed number")
    return int(value, 16)


def octets(value: Any, size: int | None = None) -> bytes:
    """Return the bytes behind a DATA such as "0x00ff", exactly `size` of them where given."""
    if not isinstance(value, str) or value[:2] != "0x":
        raise ChainUnavailable("the node sent malformed bytes")
    try:
        found = bytes.fromhex(value[2:])
    except ValueError as exc:
        raise ChainUnavailable("the node sent malformed bytes") from exc
    if len(value) != 2 + 2 * len(found):  # fromhex passes over blanks
        raise ChainUnavailable("the node sent malformed bytes")
    if size is not None and len(found) != size:
        raise ChainUnavailable("the node sent bytes of a wrong length")
    return found


def record(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is."""
    if not isinstance(value, dict):
        raise ChainUnavailable("the node sent no object where one was due")
    return value


def rows(value: Any) -> list[Any]:
    """Return a JSON array as it is."""
    if not isinstance(value, list):
        raise ChainUnavailable("the node sent no array where one was due")
    return value


def spell(value: int | bytes) -> str:
    """Return a number as QUANTITY, bytes as DATA."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


def address(value: Any) -> Address:
    """Return the account that a node spells in any case."""
    return checksum(octets(value, ADDRESS_BYTES))
