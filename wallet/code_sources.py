"""Where codes come from: pictures, files of text, lines on standard input, or the command line."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledger.health.qr_text import scanned
from wallet.home import read_file

STANDARD_INPUT: Final = "-"
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
MAX_LINE: Final = 8_192
"""Longer lines hold no code; the rest of one is dropped."""


def codes_of(source: str) -> Iterator[str]:
    """Yield the texts of all codes in a picture or a file of lines, or standard input for `-`.

    Raises `FileMissing` or `FileUnreadable` for the file. A picture without a code yields nothing,
    and so does what is neither picture nor text: there is no code in it to be judged.
    """
    if source == STANDARD_INPUT:
        yield from lines_of(iter(lambda: sys.stdin.readline(MAX_LINE), ""))
        return
    content = read_file(Path(source))
    if content.startswith(_PICTURES):
        from wallet.pictures import codes_in  # noqa: PLC0415  # the decoder costs 20 MB and 60 ms

        yield from codes_in(content)
    else:
        with suppress(UnicodeDecodeError):
            yield from lines_of(content.decode("utf-8-sig").splitlines())


def lines_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a hand scanner meant with each line that is not blank."""
    for line in lines:
        text = scanned(line)
        if text:
            yield text
