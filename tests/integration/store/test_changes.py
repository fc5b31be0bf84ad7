from concurrent.futures import ThreadPoolExecutor

import pytest

from api.store.batches import BatchStore, Sealed
from api.store.changes import ChangePending, ChangeStore, ChangeUnknown
from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.outbox import SqlOutbox
from api.store.packs import PackStore
from api.store.records import RecordRow, RecordStore, RecordUnknown
from ledger.merkle import Crown
from ledger.outbox import IntentState
from ledger.typed_data import CoSignature
from ledger.values import RecordKind, Root
from tests.support.issued import OFFICE, TARGET, change, digest, intent, row


@pytest.fixture
def store(database: Database) -> ChangeStore:
    licences = LicenceStore(database)
    licences.add([row(1), row(2)])
    licences.add([row(3, predecessor=digest(1), predecessor_reason=401)])
    return ChangeStore(database)


def close_batch(database: Database) -> None:
    sealed = Sealed(Root(b"r" * 32), Crown(1, b""), intent(9))
    BatchStore(database).close(OFFICE, RecordKind.LICENCE, 10, 1, lambda _digests: sealed)


class TestAdd:
    def test_gives_back_all_that_was_asked_for(self, store: ChangeStore) -> None:
        signed = CoSignature(TARGET, 2**256 - 1, 777, b"s" * 65)
        wanted = change(1, co_signature=signed, not_before=600, waits_for=digest(3))
        store.add([wanted])
        assert store.get(wanted.id) == wanted
        assert store.of(digest(1)) == (wanted,)
        assert store.holds(wanted.id)
        assert not store.holds(change(2).id)
        with pytest.raises(ChangeUnknown):
            store.get(change(2).id)

    def test_again_leaves_the_first_as_it_is(self, store: ChangeStore) -> None:
        store.add([change(1)])
        store.add([change(1, reason=102)])
        assert [each.reason for each in store.of(digest(1))] == [101]


class TestUnderWay:
    @pytest.mark.parametrize(("error", "expected"), [("RoleMissing", True), ("StatusFinal", False)])
    def test_is_what_was_refused_for_a_cause_that_may_pass(
        self, store: ChangeStore, database: Database, error: str, *, expected: bool
    ) -> None:
        store.add([change(1)])
        PackStore(database).send([change(1)], intent(1))
        SqlOutbox(database).mark(intent(1).id, IntentState.FAILED, error=error)
        to = {change(1).status}
        assert store.is_under_way(change(1).digest, to, 1_000) is expected


class TestAddAlone:
    def test_of_many_at_once_stores_one(self, store: ChangeStore) -> None:
        def add(number: int) -> bool:
            try:
                store.add_alone(change(number))
            except ChangePending:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            stored = list(threads.map(add, range(1, 9)))
        assert stored.count(True) == 1
        assert len(store.of(digest(1))) == 1

    @pytest.mark.parametrize("state", ["waiting", "reserved", "signed", "sent"])
    def test_waits_for_what_is_under_way(
        self, store: ChangeStore, database: Database, state: str
    ) -> None:
        store.add_alone(change(1))
        PackStore(database).send([change(1)], intent(1))
        SqlOutbox(database).mark(intent(1).id, IntentState(state))
        with pytest.raises(ChangePending) as refused:
            store.add_alone(change(2))
        assert refused.value.change == change(1).id

    @pytest.mark.parametrize("state", ["mined", "final", "failed"])
    def test_may_follow_what_is_done(
        self, store: ChangeStore, database: Database, state: str
    ) -> None:
        store.add_alone(change(1))
        PackStore(database).send([change(1)], intent(1))
        SqlOutbox(database).mark(intent(1).id, IntentState(state))
        store.add_alone(change(2))
        assert len(store.of(digest(1))) == 2

    def test_need_not_wait_for_a_later_day_or_a_successor(self, store: ChangeStore) -> None:
        store.add([change(1, not_before=401), change(2, waits_for=digest(3))])
        store.add_alone(change(3, requested_at=400))
        with pytest.raises(ChangePending):
            store.add_alone(change(4, requested_at=401))


class TestSuccessions:
    def test_are_those_in_a_batch_without_a_change(
        self, store: ChangeStore, database: Database
    ) -> None:
        assert store.successions(10) == ()
        close_batch(database)
        assert store.successions(10) == ((digest(3), digest(1), 401),)
        store.add([change(1, waits_for=digest(3))])
        assert store.successions(10) == ()


def decision(number: int) -> RecordRow:
    return RecordRow(digest(number), OFFICE, RecordKind.DECISION, "a.b.c", 450)


class TestDecide:
    def test_goes_in_with_the_change(self, store: ChangeStore, database: Database) -> None:
        store.add_alone(change(1, decision=digest(8)), decision=decision(8))
        assert store.get(change(1).id).decision == digest(8)
        assert RecordStore(database).get(digest(8)) == decision(8)

    def test_of_a_change_that_is_refused_is_not_kept(
        self, store: ChangeStore, database: Database
    ) -> None:
        store.add_alone(change(1))
        with pytest.raises(ChangePending):
            store.add_alone(change(2, decision=digest(8)), decision=decision(8))
        with pytest.raises(RecordUnknown):
            RecordStore(database).get(digest(8))

    def test_is_found_wanting_on_chain_alone(self, store: ChangeStore, database: Database) -> None:
        outbox = SqlOutbox(database)
        for number in (1, 2, 3, 4):
            store.add([change(number)])
            PackStore(database).send([change(number)], intent(number))
        outbox.mark(intent(2).id, IntentState.FINAL)
        outbox.mark(intent(3).id, IntentState.FAILED, error="StatusFinal")
        outbox.mark(intent(4).id, IntentState.MINED)
        assert [row.id for row in store.undecided(10)] == [change(2).id, change(4).id]
        assert [row.id for row in store.undecided(1)] == [change(2).id]

    def test_comes_once(self, store: ChangeStore, database: Database) -> None:
        store.add([change(1)])
        assert store.decide(change(1).id, decision(8))
        assert not store.decide(change(1).id, decision(9))
        assert store.get(change(1).id).decision == digest(8)
        with pytest.raises(RecordUnknown):
            RecordStore(database).get(digest(9))
