"""A holder's screen: one code, renewed with a countdown in sight, or written once."""

import sys
from collections.abc import Callable, Iterable
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
        self, make: Callable[[], str], out: Path | None, *, is_lasting: bool, as_json: bool
    ) -> None:
        """Show what `make` gives: at a terminal anew every half minute, until Ctrl-C."""
        if not (is_lasting and self._is_terminal):
            put(self._outside, [make()], out, SCREEN, as_json=as_json)
            return
        try:
            while True:
                self._once(make())
        except KeyboardInterrupt:
            click.echo(_CLEAR, nl=False, color=True)  # nobody reads it off the screen later

    def _once(self, text: str) -> None:
        click.echo(_CLEAR + blocks(text, SCREEN), color=True)
        for left in range(RENEWED_SECONDS, 0, -1):
            click.echo(f"\rRenewed in {left:2} s. Ctrl-C ends it. ", nl=False)
            self._outside.clocks.pause(1)


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
