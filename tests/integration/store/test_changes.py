from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.store.batches import BatchStore, Sealed
from api.store.changes import ChangePending, ChangeRow, ChangeStore, ChangeUnknown
from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.outbox import SqlOutbox
from ledger.outbox import IntentState
from ledger.typed_data import CoSignature
from ledger.values import RecordKind, Root, Status
from tests.support.issued import OFFICE, TARGET, digest, intent, row


def change(number: int, **more: Any) -> ChangeRow:
    given: dict[str, Any] = {
        "id": bytes([number]) * 16,
        "digest": digest(1),
        "agency": OFFICE,
        "list": 0,
        "index": 1,
        "status": Status.SUSPENDED,
        "reason": 101,
        "effective_at": 500,
        "until": 900,
        "requested_by": TARGET,
        "requested_at": 400,
    }
    return ChangeRow(**(given | more))


@pytest.fixture
def store(database: Database) -> ChangeStore:
    licences = LicenceStore(database)
    licences.add([row(1), row(2)])
    licences.add([row(3, predecessor=digest(1), predecessor_reason=401)])
    return ChangeStore(database)


def close_batch(database: Database) -> None:
    sealed = Sealed(Root(b"r" * 32), intent(9))
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

    def test_stores_the_intent_with_it(self, store: ChangeStore, database: Database) -> None:
        store.add([change(1, intent=intent(1).id)], [intent(1)])
        assert store.get(change(1).id).state is IntentState.WAITING
        outbox = SqlOutbox(database)
        outbox.mark(intent(1).id, IntentState.FAILED, error="StatusFinal")
        found = store.get(change(1).id)
        assert (found.state, found.error) == (IntentState.FAILED, "StatusFinal")


class TestAddAlone:
    def test_of_many_at_once_stores_one(self, store: ChangeStore) -> None:
        def add(number: int) -> bool:
            try:
                store.add_alone(change(number, intent=intent(number).id), [intent(number)])
            except ChangePending:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            stored = list(threads.map(add, range(1, 9)))
        assert stored.count(True) == 1
        assert len(store.of(digest(1))) == 1

    def test_may_follow_what_is_done(self, store: ChangeStore, database: Database) -> None:
        store.add_alone(change(1, intent=intent(1).id), [intent(1)])
        SqlOutbox(database).mark(intent(1).id, IntentState.FINAL)
        store.add_alone(change(2, intent=intent(2).id), [intent(2)])
        assert len(store.of(digest(1))) == 2


class TestTryAgain:
    def test_lets_a_superseding_wait_anew_where_the_cause_may_be_gone(
        self, store: ChangeStore, database: Database
    ) -> None:
        superseding = {"status": Status.SUPERSEDED, "reason": 401}
        store.add(
            [
                change(1, intent=intent(1).id, **superseding),
                change(2, intent=intent(2).id, **superseding),
                change(3, intent=intent(3).id),
            ],
            [intent(1), intent(2), intent(3)],
        )
        outbox = SqlOutbox(database)
        for number, error in ((1, "RoleMissing"), (2, "StatusFinal"), (3, "RoleMissing")):
            outbox.mark(intent(number).id, IntentState.FAILED, error=error)
        assert store.try_again() == 1
        states = [store.get(change(number).id).state for number in (1, 2, 3)]
        assert states == [IntentState.WAITING, IntentState.FAILED, IntentState.FAILED]


class TestDue:
    def test_waits_for_its_second(self, store: ChangeStore) -> None:
        store.add([change(1, not_before=600), change(2)])
        assert [each.id for each in store.due(599, 10)] == [change(2).id]
        assert [each.id for each in store.due(600, 10)] == [change(1).id, change(2).id]
        assert len(store.due(600, 1)) == 1

    def test_waits_for_its_record_to_be_in_a_batch(
        self, store: ChangeStore, database: Database
    ) -> None:
        store.add([change(1, waits_for=digest(3))])
        assert store.due(10**9, 10) == ()
        close_batch(database)
        assert [each.id for each in store.due(10**9, 10)] == [change(1).id]

    def test_leaves_out_what_was_sent_or_parked(self, store: ChangeStore) -> None:
        store.add([change(1), change(2)])
        store.send(replace(change(1), effective_at=555), intent(1))
        store.park(change(2).id, "AgencyNotActive")
        assert store.due(10**9, 10) == ()
        sent = store.get(change(1).id)
        assert (sent.intent, sent.effective_at) == (intent(1).id, 555)
        assert store.get(change(2).id).error == "AgencyNotActive"

    def test_of_a_change_sent_meanwhile_gives_no_second_intent(self, store: ChangeStore) -> None:
        store.add([change(1)])
        store.send(change(1), intent(1))
        store.send(change(1), intent(2))
        assert store.get(change(1).id).intent == intent(1).id


class TestSuccessions:
    def test_are_those_in_a_batch_without_a_change(
        self, store: ChangeStore, database: Database
    ) -> None:
        assert store.successions(10) == ()
        close_batch(database)
        assert store.successions(10) == ((digest(3), digest(1), 401),)
        store.add([change(1, waits_for=digest(3))])
        assert store.successions(10) == ()
