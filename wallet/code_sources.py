"""Where codes come from: pictures, files of text, lines on standard input, or the command line."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path
from typing import Final, cast

from ledger.health.qr_text import scanned
from wallet.home import read_file

STANDARD_INPUT: Final = "-"
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
MAX_LINE: Final = 8_192
"""Longer lines hold no code; the rest of one is dropped."""
_ARRIVAL: Final = 65_536


def codes_of(source: str) -> Iterator[str]:
    """Yield the texts of all codes in a picture or a file of lines, or standard input for `-`.

    Raises `FileMissing` or `FileUnreadable` for the file. A picture without a code yields nothing,
    and so does what is neither picture nor text: there is no code in it to be judged.
    """
    for arrived in arrivals(source):
        yield from arrived


def arrivals(source: str) -> Iterator[list[str]]:
    """Yield the codes of a source (`codes_of`), those together that are there at one time.

    All of a file are; on standard input what was sent so far. None of them waits for the next.
    """
    if source == STANDARD_INPUT:
        for lines in _sent(cast("BufferedIOBase", sys.stdin.buffer)):
            yield list(_meant(line.decode("utf-8", "replace") for line in lines))
        return
    content = read_file(Path(source))
    if content.startswith(_PICTURES):
        from wallet.pictures import codes_in  # noqa: PLC0415  # the decoder costs 20 MB and 60 ms

        yield list(codes_in(content))
    else:
        with suppress(UnicodeDecodeError):
            yield list(_meant(content.decode("utf-8-sig").splitlines()))


def _sent(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Yield the lines that are whole each time that something came; the last needs no end."""
    rest = b""
    while came := stream.read1(_ARRIVAL):
        lines = (rest + came).splitlines(keepends=True)
        rest = lines.pop() if not lines[-1].endswith((b"\r", b"\n")) else b""
        rest = rest[: MAX_LINE + 1]
        yield [line[:MAX_LINE] for line in lines]
    yield [rest[:MAX_LINE]]


def _meant(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a hand scanner meant with each line that is not blank."""
    for line in lines:
        text = scanned(line)
        if text:
            yield text
