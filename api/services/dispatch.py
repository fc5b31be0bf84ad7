"""Dispatch: hands status changes to the sender when their day has come, and not before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from api.services.intents import Intents
from api.store.batches import BatchStore
from api.store.changes import ChangeRow, ChangeStore
from api.store.registry import Registry
from ledger.values import Status

CHANGES_A_STEP: Final = 200


class Dispatch:
    """Turns stored changes into intents, each once."""

    def __init__(
        self,
        *,
        changes: ChangeStore,
        batches: BatchStore,
        registry: Registry,
        intents: Intents,
        clock: Callable[[], int],
        confirmations: int,
    ) -> None:
        self._changes = changes
        self._batches = batches
        self._registry = registry
        self._intents = intents
        self._clock = clock
        self._confirmations = confirmations

    def step(self) -> int:
        """Give an intent to every change that is due; return how many."""
        sent = 0
        for due in self._changes.due(self._clock(), CHANGES_A_STEP):
            change = self._ready(due)
            if change is not None:
                self._changes.send(change, self._intents.change_status(change))
                sent += 1
        return sent

    def _ready(self, change: ChangeRow) -> ChangeRow | None:
        """Return a change as it goes on chain; None while the record it waits for is not final.

        The old licence is superseded only once the new one can no longer fall out: for a moment
        both hold, and the reverse would leave the holder with none.
        """
        if change.waits_for is None:
            return change
        anchored = self._batches.place_of(change.waits_for).anchored
        if anchored is None:
            return None
        depth = self._registry.head().block - anchored.block + 1
        if depth < self._confirmations:
            return None
        if change.status is not Status.SUPERSEDED:
            return change
        return replace(change, effective_at=anchored.block_time)
