"""Anchoring: closes batches by size or age, and leaves each root's intent to the sender."""

from collections.abc import Callable, Sequence
from typing import Final

from api.services.intents import Intents
from api.store.batches import BatchStore, Pending, Seal, Sealed
from ledger.merkle import Tree
from ledger.values import Digest

BATCHES_A_STEP: Final = 16
"""A step ends after so many, so that their roots leave while more batches are made."""


class Anchoring:
    """Makes batches of what waits; several processes may do so at once on PostgreSQL."""

    def __init__(
        self,
        batches: BatchStore,
        intents: Intents,
        clock: Callable[[], int],
        *,
        size: int,
        seconds: float,
    ) -> None:
        self._batches = batches
        self._intents = intents
        self._clock = clock
        self._size = size
        self._seconds = seconds

    def step(self, *, flush: bool = False) -> int:
        """Close what is full or old enough, all of it with `flush`; return how many batches."""
        closed = 0
        for waiting in self._batches.pending():
            left = waiting.count
            while closed < BATCHES_A_STEP and self._is_ripe(waiting, left, flush=flush):
                batch = self._batches.close(
                    waiting.agency, waiting.kind, self._size, self._clock(), self._seal(waiting)
                )
                if batch is None:
                    break
                closed += 1
                left -= batch.size
        return closed

    def _is_ripe(self, waiting: Pending, left: int, *, flush: bool) -> bool:
        if left <= 0:
            return False
        # A clock that was ahead for a while leaves records of the future: they do not wait for it.
        is_old = abs(self._clock() - waiting.oldest_at) >= self._seconds
        return flush or is_old or left >= self._size

    def _seal(self, waiting: Pending) -> Seal:
        def seal(digests: Sequence[Digest]) -> Sealed:
            root = Tree.of(digests).root
            intent = self._intents.anchor(waiting.agency, waiting.kind, root, len(digests))
            return Sealed(root, intent)

        return seal
