"""Base45 (RFC 9285), strict: no trimming, no other case, no value that two digits could not make.

The package of the same name takes three times as long, and drops the end of a line.
"""

import struct
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused

_ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NONE: Final = 255
_DIGITS: Final = bytes(_ALPHABET.index(code) if code in _ALPHABET else _NONE for code in range(256))


@dataclass(eq=False)
class Base45Malformed(Refused):
    """The text is no Base45."""


def decode(text: str) -> bytes:
    """Return the bytes that `text` encodes; raise `Base45Malformed` where it encodes none."""
    try:
        digits = text.encode().translate(_DIGITS)
        whole = len(digits) // 3
        end = 3 * whole
        if _NONE in digits or len(digits) - end == 1:
            raise Base45Malformed
        triples = zip(digits[0:end:3], digits[1:end:3], digits[2:end:3], strict=True)
        values = [low + 45 * middle + 2025 * high for low, middle, high in triples]
        last = bytes((digits[end] + 45 * digits[end + 1],)) if len(digits) > end else b""
        return struct.pack(f">{whole}H", *values) + last
    except (ValueError, struct.error) as exc:  # a lone surrogate, or a value out of range
        raise Base45Malformed from exc


def encode(data: bytes) -> str:
    """Return the text of `data`: three characters for two bytes, two for a last single one."""
    whole = len(data) // 2
    digits = bytearray()
    for value in struct.unpack(f">{whole}H", data[: 2 * whole]):
        rest, low = divmod(value, 45)
        digits += bytes((low, rest % 45, rest // 45))
    if len(data) % 2:
        digits += bytes((data[-1] % 45, data[-1] // 45))
    return bytes(_ALPHABET[digit] for digit in digits).decode()
