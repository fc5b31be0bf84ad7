"""Codes drawn: as a picture file, or with a terminal's blocks."""

from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

import segno

from wallet.home import write_file

SCREEN: Final = "m"
PAPER: Final = "q"
"""Error correction levels: paper is folded, screens are not."""
_SCALE: Final = 8


def draw(text: str, path: Path, level: str) -> None:
    """Write the QR code of a text to `path`: SVG where it ends so, else PNG."""
    kind = "svg" if path.suffix.lower() == ".svg" else "png"
    out = BytesIO()
    symbol(text, level).save(out, kind=kind, scale=_SCALE)
    write_file(path, out.getvalue())


def blocks(text: str, level: str) -> str:
    """Return the QR code as lines of block characters, two modules a character."""
    out = StringIO()
    symbol(text, level).terminal(out, compact=True)
    return out.getvalue()


def symbol(text: str, level: str) -> segno.QRCode:
    """Return a text's QR code in alphanumeric mode; raise `ValueError` for other characters."""
    return segno.make(text, mode="alphanumeric", error=level, boost_error=False, micro=False)
