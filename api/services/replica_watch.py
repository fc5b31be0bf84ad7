"""Whether as many stores of sealed files answer as the policies of open tenders want.

A store that is down stops nothing, so an operator is told: the worker asks every store, logs where
there are too few, and notes who answered for whoever measures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from api.blobs.replicas import Replicas
from api.blobs.store import BlobStoreUnavailable
from api.services.tender_duties import TenderDuties
from api.store.blob_replicas import ReplicaStore
from ledger.values import Digest

EVERY_SECONDS: Final = 60
"""How often a store is asked (proposed)."""
SILENT_SECONDS: Final = 300
"""How often one is asked that did not answer: each time may last until its time-out (proposed)."""
NEWS_SECONDS: Final = 180
"""For how long a store's answer counts (proposed)."""
_NOBODY: Final = Digest(bytes(32))
"""What no file hashes to: whether a store has it, only one that answers can say."""


@dataclass(frozen=True, slots=True)
class ReplicaCount:
    """How many stores are wanted, are set up, and answered lately.

    `wanted` is 0 without an open tender.
    """

    wanted: int
    given: int
    answering: int

    @property
    def is_enough(self) -> bool:
        """Whether as many answer as are wanted."""
        return self.answering >= self.wanted


class ReplicaCounts:
    """Counts stores, by what the worker noted of them."""

    def __init__(
        self,
        blobs: Replicas,
        store: ReplicaStore,
        duties: TenderDuties,
        clock: Callable[[], int],
    ) -> None:
        self._blobs = blobs
        self._store = store
        self._duties = duties
        self._clock = clock

    def read(self) -> ReplicaCount:
        """Return the numbers of this moment; raise `Unavailable` before a head is known."""
        names = {each.name for each in self._blobs.each}
        answered = names & self._store.answered(self._clock() - NEWS_SECONDS)
        return ReplicaCount(self._duties.replicas_wanted(), len(names), len(answered))


class ReplicaWatch:
    """Asks stores in their turn, and logs once where they become too few, or enough again."""

    def __init__(
        self,
        blobs: Replicas,
        store: ReplicaStore,
        counts: ReplicaCounts,
        clock: Callable[[], int],
    ) -> None:
        self._blobs = blobs
        self._store = store
        self._counts = counts
        self._clock = clock
        self._next = {each.name: 0 for each in blobs.each}
        self._told: ReplicaCount | None = None
        self._log = structlog.get_logger("replicas")

    def step(self) -> int:
        """Ask those whose turn it is; never counts as work that others must wait for."""
        now = self._clock()
        turn = [name for name, at in self._next.items() if not 0 < at - now <= SILENT_SECONDS]
        if turn:
            answered = [name for name in turn if self._answers(name)]
            self._store.note(answered, now)
            for name in turn:
                self._next[name] = now + (EVERY_SECONDS if name in answered else SILENT_SECONDS)
            self._tell(self._counts.read())
        return 0

    def _answers(self, name: str) -> bool:
        (replica,) = (each for each in self._blobs.each if each.name == name)
        try:
            replica.store.has(_NOBODY)
        except BlobStoreUnavailable:
            return False
        return True

    def _tell(self, count: ReplicaCount) -> None:
        numbers = {"wanted": count.wanted, "given": count.given, "answering": count.answering}
        if not count.is_enough and count != self._told:
            self._log.warning("too few", **numbers)
        elif count.is_enough and self._told is not None and not self._told.is_enough:
            self._log.info("enough", **numbers)
        self._told = count
