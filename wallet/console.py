"""What a person or a machine reads: tables and sentences, or one JSON value on standard output."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(value: Any) -> None:
    """Print one JSON value with indentation."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2, default=_spelt)
    sys.stdout.write(text.decode() + "\n")


def say(text: str = "", style: str = "") -> None:
    """Print a line for a person, exactly as it is."""
    Console(soft_wrap=True, highlight=False).print(Text(text, style=style))


def note(text: str) -> None:
    """Print a line beside the result, on standard error."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(text, style="dim"))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns, unwrapped where the output is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 400
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def when(seconds: int | None) -> str:
    """Return a moment as a person reads it, in UTC."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def age(seconds: int) -> str:
    """Return a span as a person says it: "3 s", "12 min", "5 h", "40 d"."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"


def _spelt(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(type(value).__name__)
