"""How far a record is on its way to finality, and the proof it has once it got there."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Generic, TypeVar

from api.store.batches import Anchored, BatchStore, RecordPlace
from ledger.errors import Refused, Unavailable
from ledger.merkle import Crown, Proof, ProofMalformed, RootMismatch, verify_inclusion
from ledger.outbox import IntentState
from ledger.values import AgencyId, Digest, LedgerRef, Root, Stage
from ledger.verification.proof_file import ProofFile

KEPT_PROOFS: Final = 4096
"""Records whose proofs are kept, for the next who asks: some 6 MB."""
KEPT_CROWNS: Final = 256
"""Batches whose crowns are kept: 40 kB of each that has 10,000 leaves."""

_SUBMITTED: Final = frozenset({IntentState.SENT})
_ANCHORED: Final = frozenset({IntentState.MINED, IntentState.FINAL})


@dataclass(eq=False)
class ProofPending(Refused):
    """The record is not anchored yet, so there is no proof of it."""

    digest: bytes
    stage: Stage


@dataclass(eq=False)
class TreeDamaged(Unavailable):
    """The database holds another tree than was anchored, so the service cannot prove the record."""

    batch: int


def stage_of(place: RecordPlace) -> Stage:
    """Return the stage that a caller sees."""
    if place.intent_state is IntentState.FINAL and place.anchored is not None:
        return Stage.FINAL
    if place.anchored is not None or place.intent_state in _ANCHORED:
        return Stage.ANCHORED
    return Stage.SUBMITTED if place.intent_state in _SUBMITTED else Stage.ISSUED


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Newest(Generic[_Key, _Value]):
    """Keeps what was asked for last; for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> _Value | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        with self._lock:
            self._kept[key] = value
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A record in a closed batch, of which nothing changes any more."""

    batch: int
    agency: AgencyId
    root: Root
    proof: Proof


class Proofs:
    """Cuts proof files out of the batches made here.

    What one takes does not grow with the batches: its block's digests are read, all above them
    was kept when the batch was closed. May be used from several threads.
    """

    def __init__(self, batches: BatchStore, ledger: LedgerRef) -> None:
        self._batches = batches
        self._ledger = ledger
        self._leaves: _Newest[Digest, _Leaf] = _Newest(KEPT_PROOFS)
        self._crowns: _Newest[int, Crown] = _Newest(KEPT_CROWNS)

    def stage(self, digest: Digest) -> Stage:
        """Return a record's stage; raise `RecordUnknown`."""
        return stage_of(self._batches.place_of(digest))

    def proof(self, digest: Digest) -> ProofFile:
        """Return a record's proof.

        Raises:
            RecordUnknown: for a digest of elsewhere.
            ProofPending: before its anchor.
            TreeDamaged: when the database holds another tree than was anchored.
        """
        place = self._batches.place_of(digest)
        leaf = self._leaves.get(digest) or self._load(digest)
        if leaf is None or place.anchored is None:
            raise ProofPending(digest, stage_of(place))
        return self._file(digest, leaf, place.anchored)

    def known(self, digest: Digest, anchored: Callable[[int], Anchored | None]) -> ProofFile | None:
        """Return a record's proof if it is in memory, without a look into the database.

        `anchored` tells what anchored a batch, by its number. None where `load` was not called
        for the record before, or not lately, and for one without a proof.
        """
        leaf = self._leaves.get(digest)
        found = None if leaf is None else anchored(leaf.batch)
        return None if leaf is None or found is None else self._file(digest, leaf, found)

    def load(self, digest: Digest) -> None:
        """Read where a record lies, so that `known` tells its proof; raises as `proof` does."""
        self._load(digest)

    def anchored(self, batch: int) -> Anchored | None:
        """Return the event that anchored a batch, None before its anchor."""
        return self._batches.anchored(batch)

    def _load(self, digest: Digest) -> _Leaf | None:
        place = self._batches.leaf(digest)
        if place is None:
            return None
        try:
            proof = self._crown(place.batch).proof(place.leaf_index, place.block)
            verify_inclusion(digest, proof, place.root)
        except (ProofMalformed, RootMismatch) as exc:
            raise TreeDamaged(place.batch) from exc
        leaf = _Leaf(place.batch, place.agency, place.root, proof)
        self._leaves.put(digest, leaf)
        return leaf

    def _crown(self, batch: int) -> Crown:
        known = self._crowns.get(batch)
        if known is None:
            known = self._batches.crown(batch)
            self._crowns.put(batch, known)
        return known

    def _file(self, digest: Digest, leaf: _Leaf, anchored: Anchored) -> ProofFile:
        return ProofFile(
            digest=digest,
            proof=leaf.proof,
            root=leaf.root,
            ledger=self._ledger,
            agency=leaf.agency,
            transaction=anchored.transaction,
            block=anchored.block,
        )
