"""One run of the benchmarks: what was asked for, what was found so far, and how it is told."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from scripts.bench.rows import Row


@dataclass(slots=True)
class Run:
    """What subjects are given.

    `sizes` is None where each subject chooses its own; `databases` are the kinds that answer;
    `server` is PostgreSQL's URL without a database. `rows` grows as subjects finish.
    """

    sizes: tuple[int, ...] | None
    rounds: int
    databases: tuple[str, ...]
    server: str
    rows: list[Row] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def sizes_or(self, *usual: int) -> tuple[int, ...]:
        """Return the sizes asked for, else the usual ones."""
        return self.sizes or usual

    def each_round(self, what: str, rounds: int | None = None) -> Iterator[int]:
        """Count the rounds, each told."""
        most = rounds or self.rounds
        for number in range(1, most + 1):
            self.say(f"{what}: {number} of {most}")
            yield number

    def say(self, text: str) -> None:
        """Tell how far it is; on a terminal each line takes the place of the one before."""
        line = f"{time.monotonic() - self.started:6.0f} s  {text}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def skip(self, what: str, reason: str) -> None:
        """Note that something could not be measured here, and why."""
        self.skipped.append(f"{what}: {reason}")
        self.say(f"skipped {what}: {reason}")

    def find(self, name: str) -> Row | None:
        """Return an earlier row of this run; None where there is none."""
        return next((row for row in self.rows if row.name == name), None)


Subject = Callable[[Run], Iterable[Row]]


def rounds_for(size: int, usual: int) -> int:
    """Return how often to measure: great sizes take long, and vary less."""
    great = 50_000
    return max(1, min(usual, 3 if size < 10 * great else 1)) if size > great else usual
