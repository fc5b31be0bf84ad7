"""What stands in a QR code: a prefix of four characters and Base45 (RFC 9285), nothing trimmed.

Base45 has the space as a digit, so nobody may take one out. It is never the last one: 36 x 45 is
more than a byte, and 36 x 2025 more than two.
"""

from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.health import base45
from ledger.health.base45 import Base45Malformed

MAX_CHARACTERS: Final = 4_296
"""What the largest QR code holds in alphanumeric mode at level L (ISO/IEC 18004, version 40)."""


@dataclass(eq=False)
class PrefixUnknown(Refused):
    """The text is of another kind than was asked for."""

    wanted: str


@dataclass(eq=False)
class TextMalformed(Refused):
    """The text after the prefix is no Base45, or longer than any QR code."""

    reason: str


def encode(prefix: str, data: bytes) -> str:
    """Return `prefix` and `data` in Base45."""
    return prefix + base45.encode(data)


def decode(prefix: str, text: str) -> bytes:
    """Return the bytes behind `prefix`, compared in exact case.

    Raises `PrefixUnknown` or `TextMalformed`; whatever the text, nothing else.
    """
    if not text.startswith(prefix):
        raise PrefixUnknown(prefix)
    if len(text) > MAX_CHARACTERS:
        raise TextMalformed("too long")
    try:
        return base45.decode(text[len(prefix) :])
    except Base45Malformed as exc:
        raise TextMalformed("no Base45") from exc


def scanned(line: str) -> str:
    """Return the code's text in a line that a hand scanner typed or sent.

    Line ends and tabs around it go, spaces after it (no code ends in one), and the scanner's own
    prefix (`]Q1` to `]Q3`, ISO/IEC 15424). A line without a single capital was typed under caps
    lock and gets them back.
    """
    text = line.strip("\r\n\t").rstrip("\r\n\t ")
    if text.isascii() and text.islower():
        text = text.upper()
    return text[3:] if text.startswith(_SCANNER_PREFIXES) else text


_SCANNER_PREFIXES: Final = ("]Q1", "]Q2", "]Q3")
