from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.services.previews import changes_of
from api.store.change_sets import (
    ChangeSet,
    ChangeSetSettled,
    ChangeSetStale,
    ChangeSetStore,
    ChangeSetUnknown,
    Outcome,
    SetRow,
)
from api.store.changes import ChangeStore
from api.store.cursors import CursorMalformed
from api.store.database import Database
from api.store.licences import LicenceStore
from api.store.packs import PackStore
from api.store.selections import Selection, SelectionStore, TooManyLicences
from ledger.errors import LedgerError
from ledger.typed_data import CoSignature
from ledger.values import Address, Status
from tests.support.issued import ACCOUNT, OFFICE, OTHER, TARGET, change, digest, intent, row

NOW = 400
SIGNED = CoSignature(Address(TARGET), 9, 1000, b"s" * 65)


def made(number: int = 1, **changes: Any) -> ChangeSet:
    given: dict[str, Any] = {
        "id": bytes([number]) * 16,
        "agency": OFFICE,
        "requested_by": ACCOUNT,
        "requested_at": NOW,
        "expires_at": 900,
        "status": Status.SUSPENDED,
        "reason": 101,
        "effective_at": 300,
        "until": 0,
        "nonce": 2**256 - 256,
        "deadline": 2000,
        "parts": 1,
        "digest": b"d" * 32,
        "uncosigned": 3,
    }
    return ChangeSet(**(given | changes))


def accepted(number: int, part: int = 0) -> SetRow:
    return SetRow(str(number), digest(number), 0, number, Status.VALID, part)


def settled(number: int, outcome: Outcome = Outcome.CONFIRMED) -> ChangeSet:
    return made(number, outcome=outcome, settled_at=NOW, settled_by=TARGET)


def carry_out(
    store: ChangeSetStore, number: int, licences: list[int], signed: CoSignature | None = None
) -> None:
    rows = [accepted(licence) for licence in licences]
    done = settled(number)
    store.carry_out(done, changes_of(done, rows, None if signed is None else [signed]))


REFUSED = SetRow("x", refusal="RecordUnknown")


@pytest.fixture
def store(database: Database) -> ChangeSetStore:
    LicenceStore(database).add([row(number) for number in (1, 2, 3)])
    return ChangeSetStore(database)


@pytest.fixture
def packs(database: Database) -> PackStore:
    return PackStore(database)


class TestAdd:
    def test_gives_back_set_and_rows(self, store: ChangeSetStore) -> None:
        store.add(made(), [accepted(1), accepted(2), REFUSED])
        assert store.get(made().id) == made()
        whole = store.page(made().id, None, 3)
        assert (whole.rows, whole.next_cursor) == ((accepted(1), accepted(2), REFUSED), None)
        assert store.page(made().id, None, 3, refused=True).rows == (REFUSED,)
        assert store.accepted(made().id) == (accepted(1), accepted(2))
        first = store.page(made().id, None, 1)
        second = store.page(made().id, first.next_cursor, 1)
        assert (first.rows, second.rows) == ((accepted(1),), (accepted(2),))

    def test_cursor_of_another_set_is_refused(self, store: ChangeSetStore) -> None:
        for number in (1, 2):
            store.add(made(number), [accepted(1), accepted(2)])
        cursor = store.page(made(1).id, None, 1).next_cursor
        with pytest.raises(CursorMalformed):
            store.page(made(2).id, cursor, 1)

    def test_counts_its_rows(self, store: ChangeSetStore) -> None:
        store.add(made(), [accepted(1), accepted(2), REFUSED])
        counts = store.counts(made().id)
        assert (counts.by_present, counts.by_refusal) == ({Status.VALID: 2}, {"RecordUnknown": 1})
        assert counts.by_state == {}

    def test_of_another_id_is_unknown(self, store: ChangeSetStore) -> None:
        for ask in (store.get, store.counts, store.accepted):
            with pytest.raises(ChangeSetUnknown):
                ask(b"?" * 16)


class TestCarryOut:
    def test_stores_every_change_with_its_signature(
        self, store: ChangeSetStore, packs: PackStore
    ) -> None:
        store.add(made(), [accepted(1), accepted(2), REFUSED])
        carry_out(store, 1, [1, 2], SIGNED)
        assert packs.due(NOW, 0, 10) == ()
        assert packs.due_calls(NOW - 1, 10) == ()
        (call,) = packs.due_calls(NOW, 10)
        assert [(each.digest, each.co_signature) for each in call] == [
            (digest(1), SIGNED),
            (digest(2), SIGNED),
        ]
        settled = store.get(made().id)
        assert (settled.outcome, settled.settled_by) == (Outcome.CONFIRMED, TARGET)
        assert store.counts(made().id).by_state == {(None, None): 2}
        packs.send(call, intent(1))
        assert packs.due_calls(NOW, 10) == ()
        assert store.counts(made().id).by_state == {("waiting", None): 2}

    def test_without_signature_leaves_packing_to_the_worker(
        self, store: ChangeSetStore, packs: PackStore
    ) -> None:
        store.add(made(), [accepted(1), accepted(2)])
        carry_out(store, 1, [1, 2])
        assert len(packs.due(NOW, 0, 10)) == 2
        assert packs.due_calls(NOW, 10) == ()

    def test_happens_once_for_many_at_once(self, store: ChangeSetStore, packs: PackStore) -> None:
        store.add(made(), [accepted(1), accepted(2)])
        outcomes = at_once([lambda: carry_out(store, 1, [1, 2])] * 6)
        assert sorted(outcomes) == ["ChangeSetSettled"] * 5 + ["done"]
        assert len(packs.due(NOW, 0, 10)) == 2

    def test_of_two_sets_over_one_licence_carries_out_one(
        self, store: ChangeSetStore, packs: PackStore
    ) -> None:
        store.add(made(1), [accepted(1), accepted(2)])
        store.add(made(2), [accepted(2), accepted(3)])
        outcomes = at_once(
            [
                lambda: carry_out(store, 1, [1, 2]),
                lambda: carry_out(store, 2, [2, 3]),
            ]
        )
        assert sorted(outcomes) == ["ChangeSetStale", "done"]
        assert len(packs.due(NOW, 0, 10)) == 2

    def test_races_a_single_change_and_one_of_them_wins(
        self, store: ChangeSetStore, database: Database
    ) -> None:
        single = ChangeStore(database)
        revoke = replace(change(2, index=2, digest=digest(2)), status=Status.REVOKED, reason=331)
        store.add(made(), [accepted(1), accepted(2)])
        outcomes = at_once(
            [
                lambda: carry_out(store, 1, [1, 2]),
                lambda: single.add_alone(revoke),
            ]
        )
        assert outcomes in (["done", "ChangePending"], ["ChangeSetStale", "done"])
        assert len(single.of(digest(2))) == 1

    def test_of_what_was_withdrawn_is_refused(self, store: ChangeSetStore) -> None:
        store.add(made(), [accepted(1)])
        store.withdraw(settled(1, Outcome.WITHDRAWN))
        with pytest.raises(ChangeSetSettled) as refused:
            carry_out(store, 1, [1, 2])
        assert refused.value.outcome == "withdrawn"

    def test_refuses_what_stands_otherwise_by_now(
        self, store: ChangeSetStore, packs: PackStore
    ) -> None:
        moved = replace(accepted(1), present=Status.SUSPENDED)
        store.add(made(), [moved, accepted(2)])
        with pytest.raises(ChangeSetStale) as refused:
            carry_out(store, 1, [1, 2])
        assert refused.value.changed == 1
        assert packs.due(NOW, 0, 10) == ()
        assert store.get(made().id).outcome is None


class TestRequireAsPreviewed:
    def test_passes_what_stands_as_it_did(self, store: ChangeSetStore) -> None:
        store.add(made(), [accepted(1), accepted(2)])
        store.require_as_previewed(made().id, NOW)

    def test_refuses_what_stands_otherwise_by_now(self, store: ChangeSetStore) -> None:
        store.add(made(), [replace(accepted(1), present=Status.SUSPENDED), accepted(2)])
        with pytest.raises(ChangeSetStale) as refused:
            store.require_as_previewed(made().id, NOW)
        assert refused.value.changed == 1

    def test_refuses_what_is_settled(self, store: ChangeSetStore) -> None:
        store.add(made(), [accepted(1)])
        store.withdraw(settled(1, Outcome.WITHDRAWN))
        with pytest.raises(ChangeSetSettled):
            store.require_as_previewed(made().id, NOW)


class TestRace:
    def test_of_suspending_and_revoking_lets_one_win(
        self, store: ChangeSetStore, database: Database
    ) -> None:
        assert store.pending(OFFICE, NOW) == frozenset()
        single = ChangeStore(database)
        revoke = change(2, status=Status.REVOKED, reason=331)
        outcomes = at_once(
            [lambda: single.add_alone(change(1)), lambda: single.add_alone(revoke)] * 3
        )
        assert sorted(outcomes) == ["ChangePending"] * 5 + ["done"]
        assert store.pending(OFFICE, NOW) == {digest(1)}
        assert store.pending(OTHER, NOW) == frozenset()


@pytest.mark.usefixtures("store")
class TestFind:
    def test_tells_known_names_from_unknown(self, database: Database) -> None:
        finder = SelectionStore(database)
        wanted = Selection(external_ids=("row-1", "row-9"), digests=(digest(1), digest(8)))
        found, unknown = finder.find(OFFICE, wanted, 10)
        assert [each.digest for each in found] == [digest(1)]
        assert unknown == ("row-9", "0x" + digest(8).hex())
        assert finder.find(OFFICE, replace(wanted, type_id="cn.other"), 10)[0] == ()
        assert finder.find(OTHER, wanted, 10)[0] == ()

    def test_is_bounded(self, database: Database) -> None:
        finder = SelectionStore(database)
        wanted = Selection(type_id="cn.food-business")
        assert len(finder.find(OFFICE, wanted, 3)[0]) == 3
        with pytest.raises(TooManyLicences):
            finder.find(OFFICE, wanted, 2)


def at_once(acts: list[Callable[[], None]]) -> list[str]:
    """Do several things at the same time; return `done` or the refusal's name of each."""

    def outcome(act: Callable[[], None]) -> str:
        try:
            act()
        except LedgerError as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(outcome, acts))
