"""How far a record is on its way to finality, and the proof it has once it got there."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from api.store.batches import Anchored, BatchStore, RecordPlace
from ledger.errors import Refused
from ledger.merkle import Tree
from ledger.outbox import IntentState
from ledger.values import AgencyId, Digest, LedgerRef, Stage
from ledger.verification.proof_file import ProofFile

KEPT_BATCHES: Final = 16
"""Batches whose trees are kept: 16 of 10,000 leaves hold about 50 MB."""

_SUBMITTED: Final = frozenset({IntentState.SENT})
_ANCHORED: Final = frozenset({IntentState.MINED, IntentState.FINAL})


@dataclass(eq=False)
class ProofPending(Refused):
    """The record is not anchored yet, so there is no proof of it."""

    digest: bytes
    stage: Stage


def stage_of(place: RecordPlace) -> Stage:
    """Return the stage that a caller sees."""
    if place.intent_state is IntentState.FINAL and place.anchored is not None:
        return Stage.FINAL
    if place.anchored is not None or place.intent_state in _ANCHORED:
        return Stage.ANCHORED
    return Stage.SUBMITTED if place.intent_state in _SUBMITTED else Stage.ISSUED


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch in memory; it never changes once it is closed."""

    agency: AgencyId
    tree: Tree
    leaves: Mapping[Digest, int]


class Proofs:
    """Cuts proof files out of the batches made here."""

    def __init__(self, batches: BatchStore, ledger: LedgerRef) -> None:
        self._batches = batches
        self._ledger = ledger
        self._kept: OrderedDict[int, _Batch] = OrderedDict()
        self._lock = Lock()

    def stage(self, digest: Digest) -> Stage:
        """Return a record's stage; raise `RecordUnknown`."""
        return stage_of(self._batches.place_of(digest))

    def proof(self, digest: Digest) -> ProofFile:
        """Return a record's proof; raise `RecordUnknown`, or `ProofPending` before its anchor."""
        place = self._batches.place_of(digest)
        if place.anchored is None or place.batch is None or place.leaf_index is None:
            raise ProofPending(digest, stage_of(place))
        batch = self._batch(place.batch, place.agency)
        return self._cut(batch, digest, place.leaf_index, place.anchored)

    def known(self, digest: Digest, anchored: Callable[[int], Anchored | None]) -> ProofFile | None:
        """Return a record's proof out of a batch in memory, without a look into the database.

        `anchored` tells what anchored a batch, by its number. None: ask for the proof itself.
        """
        with self._lock:
            kept = list(self._kept.items())
        for number, batch in kept:
            leaf = batch.leaves.get(digest)
            if leaf is not None:
                found = anchored(number)
                return None if found is None else self._cut(batch, digest, leaf, found)
        return None

    def anchored(self, batch: int) -> Anchored | None:
        """Return the event that anchored a batch, None before its anchor."""
        return self._batches.anchored(batch)

    def _cut(self, batch: _Batch, digest: Digest, leaf: int, anchored: Anchored) -> ProofFile:
        return ProofFile(
            digest=digest,
            proof=batch.tree.proof(leaf),
            root=batch.tree.root,
            ledger=self._ledger,
            agency=batch.agency,
            transaction=anchored.transaction,
            block=anchored.block,
        )

    def _batch(self, number: int, agency: AgencyId) -> _Batch:
        with self._lock:
            known = self._kept.pop(number, None)
        if known is None:
            leaves = self._batches.leaves(number)
            places = {digest: leaf for leaf, digest in enumerate(leaves)}
            known = _Batch(agency, Tree.of(leaves), places)
        with self._lock:
            self._kept[number] = known
            while len(self._kept) > KEPT_BATCHES:
                self._kept.popitem(last=False)
        return known
