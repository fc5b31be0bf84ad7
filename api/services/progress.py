"""How far a record is on its way to finality, and the proof it has once it got there."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from api.store.batches import BatchStore, RecordPlace
from ledger.errors import Refused
from ledger.merkle import Tree
from ledger.outbox import IntentState
from ledger.values import Digest, LedgerRef, Stage
from ledger.verification.proof_file import ProofFile

KEPT_TREES: Final = 16
"""Batches whose trees are kept: 16 of 10,000 leaves hold about 30 MB."""

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


class Proofs:
    """Cuts proof files out of the batches made here."""

    def __init__(self, batches: BatchStore, ledger: LedgerRef) -> None:
        self._batches = batches
        self._ledger = ledger
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        self._lock = Lock()

    def stage(self, digest: Digest) -> Stage:
        """Return a record's stage; raise `RecordUnknown`."""
        return stage_of(self._batches.place_of(digest))

    def proof(self, digest: Digest) -> ProofFile:
        """Return a record's proof; raise `RecordUnknown`, or `ProofPending` before its anchor."""
        place = self._batches.place_of(digest)
        if place.anchored is None or place.batch is None or place.leaf_index is None:
            raise ProofPending(digest, stage_of(place))
        tree = self._tree(place.batch)
        return ProofFile(
            digest=digest,
            proof=tree.proof(place.leaf_index),
            root=tree.root,
            ledger=self._ledger,
            agency=place.agency,
            transaction=place.anchored.transaction,
            block=place.anchored.block,
        )

    def _tree(self, batch: int) -> Tree:
        with self._lock:
            known = self._trees.pop(batch, None)
        tree = known or Tree.of(self._batches.leaves(batch))
        with self._lock:
            self._trees[batch] = tree
            while len(self._trees) > KEPT_TREES:
                self._trees.popitem(last=False)
        return tree
