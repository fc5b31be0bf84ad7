"""A holder's screen: a code, or pages that turn, renewed in sight of a countdown; or once."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import click

from wallet.console import note, print_json, say
from wallet.drawing import SCREEN, blocks, draw
from wallet.surroundings import Surroundings

RENEWED_SECONDS: Final = 30
_CLEAR: Final = "\x1b[2J\x1b[H"


class Screen:
    """Where a holder shows a code."""

    def __init__(self, outside: Surroundings, *, is_terminal: bool | None = None) -> None:
        self._outside = outside
        self._is_terminal = sys.stdout.isatty() if is_terminal is None else is_terminal

    def show(
        self,
        make: Callable[[], Sequence[str]],
        out: Path | None,
        *,
        is_lasting: bool,
        as_json: bool,
    ) -> None:
        """Show the pages that `make` gives: at a terminal anew every half minute, until Ctrl-C."""
        if not (is_lasting and self._is_terminal):
            pages = make()
            put(self._outside, pages, out, SCREEN, as_json=as_json)
            note_pages(pages)
            return
        try:
            while True:
                self._turn(make())
        except KeyboardInterrupt:
            click.echo(_CLEAR, nl=False, color=True)  # nobody reads it off the screen later

    def _turn(self, pages: Sequence[str]) -> None:
        """Show pages in turn, each its part of the half minute after which all are renewed."""
        ends = [RENEWED_SECONDS * (place + 1) // len(pages) for place in range(len(pages))]
        for number, (text, begin, end) in enumerate(zip(pages, [0, *ends], ends, strict=False), 1):
            click.echo(_CLEAR + blocks(text, SCREEN), color=True)
            which, what = "", "Renewed"
            if len(pages) > 1:
                which, what = f"Page {number} of {len(pages)}. ", "Turns"
            for left in range(end - begin, 0, -1):
                click.echo(f"\r{which}{what} in {left:2} s. Ctrl-C ends it. ", nl=False)
                self._outside.clocks.pause(1)


def note_pages(pages: Sequence[str]) -> None:
    """Say so where there is more than one page: people on a page not read are not let in."""
    if len(pages) > 1:
        note(f"These people are on {len(pages)} pages. Let the gate read every one.")


def put(
    outside: Surroundings, texts: Iterable[str], out: Path | None, level: str, *, as_json: bool
) -> None:
    """Give codes out once: as pictures, as JSON, as blocks at a terminal, else as lines."""
    for number, text in enumerate(texts):
        if as_json:
            print_json({"text": text, "at": outside.now()})
        elif out is not None:
            path = out if number == 0 else out.with_stem(f"{out.stem}-{number + 1}")
            draw(text, path, level)
            say(str(path))
        elif sys.stdout.isatty():
            click.echo(blocks(text, level))
            note(text)
        else:
            click.echo(text)
