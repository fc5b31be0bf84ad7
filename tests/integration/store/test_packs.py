from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from api.store.batches import BatchStore, Sealed
from api.store.changes import ChangeStore
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.licences import LicenceStore
from api.store.outbox import SqlOutbox
from api.store.packs import PackMoved, PackStore
from ledger.events import BatchAnchored
from ledger.merkle import Crown
from ledger.outbox import IntentState
from ledger.typed_data import CoSignature
from ledger.values import RecordKind, Root, Status
from tests.support.issued import OFFICE, TARGET, change, digest, intent, row

LATER = 10**9


@pytest.fixture
def changes(database: Database) -> ChangeStore:
    licences = LicenceStore(database)
    licences.add([row(1), row(2)])
    licences.add([row(3, predecessor=digest(1), predecessor_reason=401)])
    return ChangeStore(database)


@pytest.fixture
def packs(database: Database) -> PackStore:
    return PackStore(database)


def fail(database: Database, number: int, error: str) -> None:
    SqlOutbox(database).mark(intent(number).id, IntentState.FAILED, error=error)


def anchor(database: Database, block: int) -> None:
    sealed = Sealed(Root(b"r" * 32), Crown(1, b""), intent(9))
    BatchStore(database).close(OFFICE, RecordKind.LICENCE, 10, 1, lambda _digests: sealed)
    event = {
        "block": block,
        "block_hash": b"h" * 32,
        "block_time": 777,
        "transaction": b"t" * 32,
        "log_index": 0,
        "agency": OFFICE,
        "root": sealed.root,
        "kind": int(RecordKind.LICENCE),
        "size": 3,
    }
    with database.write() as connection:
        connection.execute(insert(EVENT_TABLES[BatchAnchored]).values(event))


class TestDue:
    def test_waits_for_its_second(self, changes: ChangeStore, packs: PackStore) -> None:
        changes.add([change(1, not_before=600), change(2)])
        assert [each.id for each in packs.due(599, 0, 10)] == [change(2).id]
        assert [each.id for each in packs.due(600, 0, 10)] == [change(1).id, change(2).id]
        assert len(packs.due(600, 0, 1)) == 1

    def test_waits_for_its_record_to_be_deep_enough(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        superseding: dict[str, Any] = {"status": Status.SUPERSEDED, "effective_at": 0}
        changes.add([change(1, waits_for=digest(3), **superseding)])
        assert packs.due(LATER, 100, 10) == ()
        anchor(database, block=50)
        assert packs.due(LATER, 49, 10) == ()
        (due,) = packs.due(LATER, 50, 10)
        assert (due.id, due.effective_at) == (change(1).id, 777)

    def test_leaves_out_what_was_sent(self, changes: ChangeStore, packs: PackStore) -> None:
        changes.add([change(1), change(2, digest=digest(2))])
        packs.send([replace(change(1), effective_at=555)], intent(1))
        assert [each.id for each in packs.due(LATER, 0, 10)] == [change(2).id]
        sent = changes.get(change(1).id)
        assert (sent.intent, sent.effective_at) == (intent(1).id, 555)


class TestSend:
    def test_gives_all_one_intent(self, changes: ChangeStore, packs: PackStore) -> None:
        changes.add([change(1), change(2, digest=digest(2))])
        packs.send([change(1), change(2)], intent(1))
        assert [changes.get(change(n).id).state for n in (1, 2)] == [IntentState.WAITING] * 2

    def test_of_what_was_sent_in_part_sends_nothing(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(1), change(2, digest=digest(2))])
        packs.send([change(1)], intent(1))
        with pytest.raises(PackMoved):
            packs.send([change(1), change(2)], intent(2))
        assert changes.get(change(1).id).intent == intent(1).id
        assert changes.get(change(2).id).intent is None
        waiting = SqlOutbox(database).waiting(intent(1).chain_id, intent(1).account, 10)
        assert [each.id for each in waiting] == [intent(1).id]


class TestRefused:
    def test_are_packs_of_several_under_one_of_the_names(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(n, digest=digest(1 + n % 2)) for n in range(1, 6)])
        packs.send([change(1), change(2)], intent(1))
        packs.send([change(3)], intent(2))
        packs.send([change(4), change(5)], intent(3))
        for number, error in ((1, "StatusFinal"), (2, "StatusFinal"), (3, "RoleMissing")):
            fail(database, number, error)
        (found,) = packs.refused(["StatusFinal"])
        assert (found.intent, found.error) == (intent(1).id, "StatusFinal")
        assert [each.id for each in found.changes] == [change(1).id, change(2).id]
        assert packs.refused(["StatusTransitionIllegal"]) == ()


class TestDivide:
    def test_moves_some_and_parks_the_others(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(1), change(2, digest=digest(2)), change(3, digest=digest(3))])
        packs.send([change(1), change(2), change(3)], intent(1))
        fail(database, 1, "StatusFinal")
        parts = [([change(1)], intent(2)), ([change(3)], intent(3))]
        packs.divide(intent(1).id, parts, {change(2).id: "StatusFinal"})
        found = [changes.get(change(n).id) for n in (1, 2, 3)]
        assert [each.intent for each in found] == [intent(2).id, None, intent(3).id]
        assert [each.error for each in found] == [None, "StatusFinal", None]
        assert packs.refused(["StatusFinal"]) == ()
        with pytest.raises(PackMoved):
            packs.divide(intent(1).id, parts, {})
        assert packs.due(LATER, 0, 10) == ()


class TestTryAgain:
    @pytest.mark.parametrize(
        ("error", "again"),
        [("RoleMissing", 1), ("AgencyNotActive", 1), ("StatusFinal", 0)],
    )
    def test_is_for_a_cause_that_may_pass(
        self, changes: ChangeStore, packs: PackStore, database: Database, error: str, again: int
    ) -> None:
        changes.add([change(1)])
        packs.send([change(1)], intent(1))
        fail(database, 1, error)
        assert changes.get(change(1).id).is_tried_again == bool(again)
        assert packs.try_again() == again
        state = IntentState.WAITING if again else IntentState.FAILED
        assert changes.get(change(1).id).state is state

    def test_leaves_what_a_later_change_overtook(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(1), change(2, digest=digest(2)), change(3)])
        packs.send([change(1), change(2)], intent(1))
        fail(database, 1, "RoleMissing")
        packs.send([change(3)], intent(3))
        assert packs.try_again() == 1
        overtaken = changes.get(change(1).id)
        assert (overtaken.intent, overtaken.error) == (None, "ChangeOvertaken")
        assert not overtaken.is_tried_again
        assert [each.id for each in packs.due(LATER, 0, 10)] == [change(2).id]

    def test_is_not_overtaken_by_what_waits_for_a_later_day(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(1), change(2, not_before=LATER)])
        packs.send([change(1)], intent(1))
        fail(database, 1, "RoleMissing")
        assert packs.try_again() == 1
        assert changes.get(change(1).id).state is IntentState.WAITING

    def test_of_a_superseding_is_never_overtaken(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        changes.add([change(1, status=Status.SUPERSEDED, waits_for=digest(3)), change(2)])
        packs.send([change(1)], intent(1))
        fail(database, 1, "RoleMissing")
        packs.send([change(2)], intent(2))
        assert packs.try_again() == 1
        assert changes.get(change(1).id).state is IntentState.WAITING

    def test_parks_all_that_share_a_signature(
        self, changes: ChangeStore, packs: PackStore, database: Database
    ) -> None:
        signed = CoSignature(TARGET, 7, 1000, b"s" * 65)
        changes.add(
            [
                change(1, co_signature=signed),
                change(2, digest=digest(2), co_signature=signed),
                change(3),
            ]
        )
        packs.send([change(1), change(2)], intent(1))
        fail(database, 1, "RoleMissing")
        packs.send([change(3)], intent(3))
        packs.try_again()
        errors = [changes.get(change(number).id).error for number in (1, 2)]
        assert errors == ["ChangeOvertaken"] * 2
