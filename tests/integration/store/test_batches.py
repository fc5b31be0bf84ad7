from collections.abc import Sequence

import pytest

from api.store.batches import Anchored, BatchStore, LeafPlace, Pending, RecordPlace, Sealed
from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.outbox import SqlOutbox
from api.store.projection import SqlProjection
from api.store.records import RecordRow, RecordStore, RecordUnknown
from ledger.events import BatchAnchored, Place
from ledger.merkle import Tree
from ledger.outbox import IntentState
from ledger.projection import Header
from ledger.values import Digest, RecordKind
from tests.support.fake_projection import take_in
from tests.support.issued import CHAIN, OFFICE, OTHER, digest, intent, row

LICENCE = RecordKind.LICENCE


def seal(digests: Sequence[Digest]) -> Sealed:
    tree = Tree.of(digests)
    return Sealed.of(tree, intent(7, id=tree.root))


@pytest.fixture
def store(database: Database) -> BatchStore:
    LicenceStore(database).add(
        [row(number) for number in (3, 1, 2)] + [row(9, agency=OTHER, issued_at=1)]
    )
    RecordStore(database).add([RecordRow(digest(20), OFFICE, RecordKind.DECISION, "a.b.c", 9000)])
    return BatchStore(database)


class TestPending:
    def test_counts_by_agency_and_kind_with_the_oldest(self, store: BatchStore) -> None:
        assert store.pending() == (
            Pending(OFFICE, LICENCE, 3, 5001),
            Pending(OFFICE, RecordKind.DECISION, 1, 9000),
            Pending(OTHER, LICENCE, 1, 1),
        )


class TestTryAgain:
    def test_lets_refused_anchors_wait_anew(self, store: BatchStore, database: Database) -> None:
        outbox = SqlOutbox(database)
        refused = store.close(OFFICE, LICENCE, 2, 6000, seal)
        waiting = store.close(OFFICE, LICENCE, 2, 6000, seal)
        assert refused is not None
        assert waiting is not None
        outbox.add([intent(1)])
        for each in (refused.intent, intent(1).id):
            outbox.mark(each, IntentState.FAILED, error="RoleMissing")
        assert store.try_again() == 1
        assert outbox.get(refused.intent).state is IntentState.WAITING
        assert outbox.get(intent(1).id).state is IntentState.FAILED
        assert store.place_of(digest(3)).intent_error is None
        assert store.try_again() == 0


class TestClose:
    def test_takes_the_oldest_in_stored_order(self, store: BatchStore) -> None:
        batch = store.close(OFFICE, LICENCE, 2, 6000, seal)
        assert batch is not None
        assert store.leaves(batch.id) == (digest(3), digest(1))
        assert (batch.root, batch.size) == (Tree.of([digest(3), digest(1)]).root, 2)
        assert store.pending()[0] == Pending(OFFICE, LICENCE, 1, 5002)

    def test_keeps_of_its_tree_what_any_proof_takes(
        self, store: BatchStore, database: Database
    ) -> None:
        LicenceStore(database).add([row(number) for number in range(30, 70)])
        batch = store.close(OFFICE, LICENCE, 40, 6000, seal)
        assert batch is not None
        leaves, crown = store.leaves(batch.id), store.crown(batch.id)
        assert crown == Tree.of(leaves).crown
        found = [store.leaf(leaf) for leaf in leaves]
        assert found == [
            LeafPlace(batch.id, OFFICE, batch.root, index, leaves[index - index % 16 :][:16])
            for index in range(40)
        ]

    def test_has_no_leaf_of_what_waits_or_is_unknown(self, store: BatchStore) -> None:
        assert store.leaf(digest(1)) is None
        assert store.leaf(digest(99)) is None

    def test_stores_the_intent_with_it(self, store: BatchStore, database: Database) -> None:
        batch = store.close(OFFICE, LICENCE, 10, 6000, seal)
        assert batch is not None
        assert SqlOutbox(database).get(batch.intent).state is IntentState.WAITING

    def test_gives_nothing_where_nothing_waits(self, store: BatchStore) -> None:
        assert store.close(OFFICE, RecordKind.USE, 10, 6000, seal) is None

    def test_that_fails_leaves_everything_waiting(
        self, store: BatchStore, database: Database
    ) -> None:
        class Killed(Exception):
            pass

        def fail(_digests: Sequence[Digest]) -> Sealed:
            raise Killed

        before = store.pending()
        with pytest.raises(Killed):
            store.close(OFFICE, LICENCE, 10, 6000, fail)
        assert store.pending() == before
        assert SqlOutbox(database).waiting(CHAIN, intent(7).account, 10) == []

    def test_passes_over_what_another_worker_has_in_hand(
        self, store: BatchStore, database: Database
    ) -> None:
        if not database.is_postgresql:
            pytest.skip("SQLite has one writer at a time")
        inner = []

        def meanwhile(digests: Sequence[Digest]) -> Sealed:
            inner.append(store.close(OFFICE, LICENCE, 2, 6000, seal))
            return seal(digests)

        outer = store.close(OFFICE, LICENCE, 2, 6000, meanwhile)
        assert outer is not None
        assert store.leaves(outer.id) == (digest(3), digest(1))
        assert inner[0] is not None
        assert store.leaves(inner[0].id) == (digest(2),)


class TestPlaceOf:
    def test_follows_a_record_on_its_way(self, store: BatchStore, database: Database) -> None:
        assert store.place_of(digest(1)) == RecordPlace(digest(1), OFFICE, LICENCE)
        batch = store.close(OFFICE, LICENCE, 10, 6000, seal)
        assert batch is not None
        place = store.place_of(digest(1))
        assert (place.batch, place.leaf_index, place.root) == (batch.id, 1, batch.root)
        assert (place.size, place.intent_state, place.anchored) == (3, IntentState.WAITING, None)
        where = Place(12, b"h" * 32, 777, b"t" * 32, 0)
        take_in(
            SqlProjection(database),
            [Header(12, b"h" * 32, 777)],
            [BatchAnchored(where, OFFICE, batch.root, int(LICENCE), 3)],
        )
        anchored = Anchored(12, b"h" * 32, 777, b"t" * 32)
        assert store.place_of(digest(1)).anchored == anchored
        assert store.anchored(batch.id) == anchored

    def test_knows_no_anchor_by_another_agency(self, store: BatchStore, database: Database) -> None:
        batch = store.close(OFFICE, LICENCE, 10, 6000, seal)
        assert batch is not None
        where = Place(12, b"h" * 32, 777, b"t" * 32, 0)
        take_in(
            SqlProjection(database),
            [Header(12, b"h" * 32, 777)],
            [BatchAnchored(where, OTHER, batch.root, int(LICENCE), 3)],
        )
        assert store.place_of(digest(1)).anchored is None
        assert store.anchored(batch.id) is None

    def test_refuses_a_record_that_was_not_issued_here(self, store: BatchStore) -> None:
        with pytest.raises(RecordUnknown):
            store.place_of(digest(1000))
