"""The table of a run, and its place in the README between two markers."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from scripts.bench.rows import Row, Unit

BEGIN: Final = "<!-- written by make bench -->"
END: Final = "<!-- end of what make bench writes -->"
QUIET: Final = 1.0
"""Load average at the start above which a run's numbers are not to be believed."""
_HEADING: Final = ("what", "size", "n", "median", "p99", "× peer", "% of limit")
_THOUSAND: Final = 1_000
_TIMES: Final = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6))


class MarkersMissing(Exception):
    """A file lacks the two lines between which the table is to stand."""


def markdown(rows: Iterable[Row], surroundings: Mapping[str, Any]) -> str:
    """Return the tables, one a subject, below a line that says where they were measured."""
    parts = [_where(surroundings)]
    for subject, some in groupby(rows, key=lambda row: row.subject):
        parts.append(f"\n**{subject.capitalize()}**\n")
        parts.append(_line(_HEADING))
        parts.append("|---|" + "---:|" * (len(_HEADING) - 1))
        found = list(some)
        parts += [_line(_cells(row)) for row in found]
        notes = dict.fromkeys(row.note for row in found if row.note)
        parts += [f"\n{note}" for note in notes]
    return "\n".join(parts) + "\n"


def put(text: str, path: Path) -> None:
    """Put a table between the markers of a file; raise `MarkersMissing` where they are not."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarkersMissing(path.name)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def amount(value: float, unit: Unit) -> str:
    """Return a number as people read it, three digits of it meaning something."""
    if unit is Unit.SECONDS:
        _, name, factor = next(scale for scale in _TIMES if value >= scale[0])
        return f"{_short(value * factor)} {name}"
    if unit is Unit.PER_SECOND:
        return f"{_short(value)}/s"
    if unit is Unit.MEGABYTES:
        return f"{_short(value)} MB"
    return f"{value:,.0f} {unit.value}"


def _short(value: float) -> str:
    if value >= _THOUSAND:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < _THOUSAND / 10 else f"{value:.0f}"


def _where(surroundings: Mapping[str, Any]) -> str:
    load = surroundings["loadAverageBefore"][0]
    line = (
        f"{surroundings['at']}, {surroundings['cores']} cores, Python {surroundings['python']}, "
        f"SQLite {surroundings['sqlite']}, PostgreSQL {surroundings['postgresql'] or 'none'}, "
        f"load average {load:.1f} before, {surroundings['loadAverageAfter'][0]:.1f} after."
    )
    if load > QUIET:
        line += " **The machine was not quiet: trust the ratios, not the numbers.**"
    return line


def _cells(row: Row) -> tuple[str, ...]:
    size = "" if row.size is None else f"{row.size:,}"
    if row.void is not None:
        return (row.name, size, str(row.n), f"void: {row.void}", "", "", "")
    return (
        row.name,
        size,
        f"{row.n:,}",
        amount(row.median, row.unit),
        "" if row.p99 is None else amount(row.p99, row.unit),
        "" if row.times_peer is None or row.peer is None else _against(row.times_peer, row),
        "" if row.share_of_limit is None else f"{row.share_of_limit * 100:.0f}",
    )


def _against(times: float, row: Row) -> str:
    return f"{_short(times)} × {row.peer.name if row.peer else ''}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
