from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from api.store.database import Database
from api.store.idempotency import (
    IdempotencyKeyReused,
    IdempotencyStore,
    KeptAnswer,
    RequestInFlight,
    Settlement,
    Turn,
)
from api.store.licences import LicenceStore
from api.store.links import LinkStore
from api.store.records import RecordUnknown
from api.store.tables import idempotency_keys
from tests.support.issued import digest, row

ID = b"i" * 32
PRINT = b"f" * 32
ANSWER = KeptAnswer(201, (("content-type", "application/json"), ("location", "/x")), b'{"a":1}\xff')


@pytest.fixture
def store(database: Database) -> IdempotencyStore:
    return IdempotencyStore(database)


def take(store: IdempotencyStore, now: int = 100, abandoned_before: int = 0) -> Turn | KeptAnswer:
    return store.take(ID, PRINT, now, abandoned_before=abandoned_before)


def turn(store: IdempotencyStore, now: int = 100, abandoned_before: int = 0) -> Turn:
    taken = take(store, now, abandoned_before)
    assert isinstance(taken, Turn)
    return taken


class TestTake:
    def test_gives_the_kept_answer_byte_for_byte(self, store: IdempotencyStore) -> None:
        store.keep(Settlement(turn(store), ANSWER))
        assert take(store) == ANSWER

    def test_lets_one_of_many_work(self, store: IdempotencyStore) -> None:
        def attempt(_: int) -> bool:
            try:
                return isinstance(take(store), Turn)
            except RequestInFlight:
                return False

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1

    def test_refuses_another_fingerprint_before_and_after(self, store: IdempotencyStore) -> None:
        taken = turn(store)
        with pytest.raises(IdempotencyKeyReused):
            store.take(ID, b"g" * 32, 100, abandoned_before=0)
        store.keep(Settlement(taken, ANSWER))
        with pytest.raises(IdempotencyKeyReused):
            store.take(ID, b"g" * 32, 100, abandoned_before=0)

    def test_passes_an_abandoned_turn_on_and_fences_the_late_one_off(
        self, store: IdempotencyStore
    ) -> None:
        late = turn(store, now=100)
        with pytest.raises(RequestInFlight):
            take(store, now=160, abandoned_before=100)
        second = turn(store, now=161, abandoned_before=101)
        assert second.number == 2
        with pytest.raises(RequestInFlight):
            store.keep(Settlement(late, ANSWER))
        store.release(late)
        store.keep(Settlement(second, ANSWER))
        assert take(store) == ANSWER


class TestSettle:
    def test_work_that_lost_its_turn_leaves_nothing(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        late = turn(store, now=100)
        turn(store, now=200, abandoned_before=150)
        with pytest.raises(RequestInFlight):
            LicenceStore(database).add([row(1)], Settlement(late, ANSWER))
        with pytest.raises(RecordUnknown):
            LicenceStore(database).get(digest(1))

    def test_work_that_fails_keeps_no_answer(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        licences = LicenceStore(database)
        licences.add([row(1)])
        with pytest.raises(Exception, match="external"):
            licences.add([row(1)], Settlement(turn(store), ANSWER))
        with pytest.raises(RequestInFlight):
            take(store)

    def test_answer_and_work_stand_together(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        LicenceStore(database).add([row(1)], Settlement(turn(store), ANSWER))
        assert take(store) == ANSWER
        assert LicenceStore(database).get(digest(1)).digest == digest(1)

    def test_is_done_once(self, database: Database, store: IdempotencyStore) -> None:
        settlement = Settlement(turn(store), ANSWER)
        LinkStore(database).withdraw(digest(1), settlement)
        with pytest.raises(RequestInFlight):
            LinkStore(database).withdraw(digest(1), settlement)


class TestRelease:
    def test_lets_the_key_be_used_with_another_body(self, store: IdempotencyStore) -> None:
        store.release(turn(store))
        again = store.take(ID, b"g" * 32, 100, abandoned_before=0)
        assert again == Turn(ID, 1)

    def test_leaves_a_kept_answer(self, store: IdempotencyStore) -> None:
        taken = turn(store)
        store.keep(Settlement(taken, ANSWER))
        store.release(taken)
        assert take(store) == ANSWER


class TestForget:
    def test_deletes_what_came_before(self, database: Database, store: IdempotencyStore) -> None:
        store.keep(Settlement(turn(store, now=100), ANSWER))
        store.forget(100)
        assert take(store) == ANSWER
        store.forget(101)
        with database.read() as connection:
            query = select(func.count()).select_from(idempotency_keys)
            assert connection.execute(query).scalar_one() == 0
