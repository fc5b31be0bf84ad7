"""Interleaved runs, so that noise hits every row alike."""

import time
from collections.abc import Callable, Mapping
from typing import Final

Act = Callable[[], object]
Clock = Callable[[], float]
WARM_UP_SHARE: Final = 10
"""One act of so many more is run before, unmeasured."""


def measure(
    acts: Mapping[str, Act],
    rounds: int,
    block: int = 1,
    clock: Clock = time.perf_counter,
) -> dict[str, list[float]]:
    """Run every act `rounds` times, A B A B, and return the seconds of each.

    In blocks, after a tenth as many to warm up. Within a block an act finds its own code and data
    in the processor's caches, as in a service that does little else; between blocks the others get
    their turn, so that noise hits all alike.
    """
    for act in acts.values():
        for _ in range(max(1, rounds // WARM_UP_SHARE)):
            act()
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds // block):
        for name, act in acts.items():
            if block > 1:
                act()  # the first of a block pays for the others before it
            seconds[name] += [timed(act, clock) for _ in range(block)]
    return seconds


def timed(act: Act, clock: Clock = time.perf_counter) -> float:
    """Return how many seconds an act takes, by the clock on the wall unless told."""
    started = clock()
    act()
    return clock() - started
