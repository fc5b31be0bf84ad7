"""Waiting that ends: nothing in a benchmark may hang."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

PAUSE_SECONDS: Final = 0.002


class TooSlow(Exception):
    """Something did not come about in its time."""


def until(
    holds: Callable[[], bool], what: str, seconds: float = 60.0, pause: float = PAUSE_SECONDS
) -> float:
    """Return the `perf_counter` at which `holds` came true; raise `TooSlow` when it does not."""
    deadline = time.perf_counter() + seconds
    while not holds():
        if time.perf_counter() > deadline:
            raise TooSlow(f"{what}: not in {seconds:.0f} s")
        time.sleep(pause)
    return time.perf_counter()


@contextmanager
def at_most(seconds: int, what: str) -> Iterator[None]:
    """Raise `TooSlow` in the main thread when the block takes longer, whatever it waits for."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"{what}: not in {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
