"""Anchoring: closes batches by size or age, and leaves each root's intent to the sender."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.services.intents import Intents
from api.store.batches import BatchRow, BatchStore, Padding, Pending, Seal, Sealed
from ledger.merkle import Tree
from ledger.values import Digest, RecordKind

BATCHES_A_STEP: Final = 16
"""A step ends after so many, so that their roots leave while more batches are made."""
PADDED: Final = frozenset(
    {
        RecordKind.HEALTH_TRANSFER,
        RecordKind.HEALTH_CONSENT,
        RecordKind.HEALTH_PASS,
        RecordKind.HEALTH_SCAN,
        RecordKind.HEALTH_CUSTODY,
    }
)
"""Kinds whose batches are padded with random leaves, so that a lone crossing does not show."""
_LEAF_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Sizing:
    """When a batch is closed, by records or seconds; `pad_to` leaves, or a multiple, it is given.

    Only batches of the kinds `PADDED` are. `others` has the kinds that have terms of their own.
    """

    size: int
    seconds: float
    pad_to: int = 1
    others: Mapping[RecordKind, "Ripeness"] = field(default_factory=dict)

    def of(self, kind: RecordKind) -> "Ripeness":
        """Return when a batch of a kind is closed."""
        return self.others.get(kind) or Ripeness(self.size, self.seconds)


@dataclass(frozen=True, slots=True)
class Ripeness:
    """A batch is closed by so many records, or when its oldest has waited so many seconds."""

    size: int
    seconds: float


class Anchoring:
    """Makes batches of what waits; several processes may do so at once on PostgreSQL."""

    def __init__(
        self,
        batches: BatchStore,
        intents: Intents,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        sizing: Sizing,
    ) -> None:
        self._batches = batches
        self._intents = intents
        self._clock = clock
        self._randomness = randomness
        self._sizing = sizing

    def step(self, *, flush: bool = False) -> int:
        """Close what is full or old enough, all of it with `flush`; return how many batches."""
        closed = 0
        for waiting in self._batches.pending():
            left = waiting.count
            while closed < BATCHES_A_STEP and self._is_ripe(waiting, left, flush=flush):
                batch = self._close(waiting)
                if batch is None:
                    break
                closed += 1
                left -= self._sizing.of(waiting.kind).size
        return closed

    def _close(self, waiting: Pending) -> BatchRow | None:
        seal, pad = self._seal(waiting), self._pad(waiting.kind)
        now, size = self._clock(), self._sizing.of(waiting.kind).size
        return self._batches.close(waiting.agency, waiting.kind, size, now, seal, pad)

    def _pad(self, kind: RecordKind) -> Padding:
        def pad(count: int) -> Sequence[Digest]:
            missing = -count % self._sizing.pad_to if kind in PADDED else 0
            return [Digest(self._randomness(_LEAF_BYTES)) for _ in range(missing)]

        return pad

    def _is_ripe(self, waiting: Pending, left: int, *, flush: bool) -> bool:
        if left <= 0:
            return False
        # A clock that was ahead for a while leaves records of the future: they do not wait for it.
        ripe = self._sizing.of(waiting.kind)
        is_old = abs(self._clock() - waiting.oldest_at) >= ripe.seconds
        return flush or is_old or left >= ripe.size

    def _seal(self, waiting: Pending) -> Seal:
        def seal(digests: Sequence[Digest]) -> Sealed:
            tree = Tree.of(digests)
            intent = self._intents.anchor(waiting.agency, waiting.kind, tree.root, tree.size)
            return Sealed.of(tree, intent)

        return seal
