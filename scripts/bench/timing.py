"""Medians of interleaved runs, so that noise hits every row alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: seconds an act, median and 99th of a hundred, over `samples`."""

    name: str
    median: float
    p99: float
    samples: int

    def shown(self) -> dict[str, Any]:
        """The row as it stands in the report, times in microseconds."""
        return {
            "name": self.name,
            "medianMicroseconds": round(self.median * 1e6, 1),
            "p99Microseconds": round(self.p99 * 1e6, 1) if self.samples >= 1_000 else None,  # noqa: PLR2004 - fewer tell nothing of the tail
            "samples": self.samples,
        }


def measure(acts: Mapping[str, Act], rounds: int, block: int = 1) -> list[Row]:
    """Run every act `rounds` times, A B A B, in blocks after a tenth as many to warm up.

    Within a block an act finds its own code and data in the processor's caches, as in a service
    that does little else; between blocks the others get their turn, so that noise hits all alike.
    """
    for act in acts.values():
        for _ in range(max(1, rounds // 10)):
            act()
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds // block):
        for name, act in acts.items():
            act()  # the first of a block pays for the others before it
            seconds[name] += [_time(act) for _ in range(block)]
    return [_row(name, found) for name, found in seconds.items()]


def _time(act: Act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _row(name: str, seconds: Sequence[float]) -> Row:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return Row(name, statistics.median(ordered), p99, len(ordered))
