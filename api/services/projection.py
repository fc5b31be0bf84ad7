"""Projecting: the chain's events into the store, as fast as blocks come."""

from collections.abc import Callable
from typing import Protocol

from ledger.projection import Header

RANGES_A_STEP = 20
"""A rebuild takes in so many ranges before the other steps have their turn."""


class Reader(Protocol):
    """Whoever reads the chain into the projection (ledger.chain.follower)."""

    def step(self) -> int:
        """Take in the next range and return how many events it held."""

    def is_at_head(self) -> bool:
        """Whether the projection stands at the node's present head."""

    def finalized(self) -> int | None:
        """Return the newest block that the chain calls finalized; None where it does not say."""


class Seen(Protocol):
    """The projection, as far as this needs it."""

    def cursor(self) -> Header | None:
        """Return the last block that is in."""

    def seen(self, at: int, finalized: int | None) -> None:
        """Note that nothing is beyond the cursor, and what is finalized where that is known."""


class Projecting:
    """Keeps the projection at the chain's head and notes when it last was there."""

    def __init__(
        self,
        reader: Reader,
        projection: Seen,
        clock: Callable[[], int],
        *,
        asks_finalized: bool = False,
    ) -> None:
        """Ask what the chain calls finalized only where somebody goes by it."""
        self._asks_finalized = asks_finalized
        self._reader = reader
        self._projection = projection
        self._clock = clock
        self._seen_at = 0
        self._cursor: Header | None = None

    def was_at_head(self) -> bool:
        """Return whether this process has seen the projection at the chain's head."""
        return self._seen_at != 0

    def step(self) -> int:
        """Read on, several ranges at most; return how often the cursor moved.

        At the head that is noted, once a second: what the service answers carries this age.
        """
        moved = 0
        while moved < RANGES_A_STEP:
            self._reader.step()
            before, self._cursor = self._cursor, self._projection.cursor()
            if self._cursor == before:
                break
            moved += 1
        now = self._clock()
        if now != self._seen_at and self._reader.is_at_head():
            finalized = self._reader.finalized() if self._asks_finalized else None
            self._projection.seen(now, finalized)
            self._seen_at = now
        return moved
