from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from api.store.database import Database
from api.store.idempotency import IdempotencyStore, KeptAnswer, RequestInFlight, Settlement
from api.store.licences import ExternalIdTaken, LicenceStore
from api.store.links import LinkStore
from api.store.records import RecordUnknown
from api.store.tables import idempotency_keys
from tests.support.issued import digest, row

ANSWER = KeptAnswer(201, (("content-type", "application/json"), ("location", "/x")), b'{"a":1}\xff')


def settlement(name: bytes = b"i", at: int = 100, answer: KeptAnswer = ANSWER) -> Settlement:
    return Settlement(name * 32, b"f" * 32, at, answer)


@pytest.fixture
def store(database: Database) -> IdempotencyStore:
    return IdempotencyStore(database)


class TestKept:
    def test_gives_answers_byte_for_byte_by_key(self, store: IdempotencyStore) -> None:
        other = settlement(b"j", answer=KeptAnswer(204, (), b""))
        store.keep(settlement())
        store.keep(other)
        found = store.kept([b"i" * 32, b"j" * 32, b"k" * 32, b"i" * 32])
        assert found == {b"i" * 32: settlement(), b"j" * 32: other}

    def test_is_the_first_of_many_at_once(self, store: IdempotencyStore) -> None:
        def attempt(number: int) -> bool:
            try:
                store.keep(settlement(answer=KeptAnswer(200, (), bytes([number]))))
            except RequestInFlight:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(attempt, range(8)))
        assert done.count(True) == 1
        (kept,) = store.kept([b"i" * 32]).values()
        assert kept.answer.body == bytes([done.index(True)])


class TestSettle:
    def test_answer_and_work_stand_together(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        LicenceStore(database).add([row(1)], settlement())
        assert store.kept([b"i" * 32])[b"i" * 32].answer == ANSWER
        assert LicenceStore(database).get(digest(1)).digest == digest(1)

    def test_work_that_was_answered_meanwhile_leaves_nothing(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        store.keep(settlement())
        with pytest.raises(RequestInFlight):
            LicenceStore(database).add([row(1)], settlement(at=200))
        with pytest.raises(RecordUnknown):
            LicenceStore(database).get(digest(1))
        assert store.kept([b"i" * 32])[b"i" * 32].at == 100

    def test_work_that_fails_keeps_no_answer(
        self, database: Database, store: IdempotencyStore
    ) -> None:
        licences = LicenceStore(database)
        licences.add([row(1)])
        with pytest.raises(ExternalIdTaken):
            licences.add([row(2, external_id="row-1")], settlement())
        assert not store.kept([b"i" * 32])

    def test_is_done_once(self, database: Database) -> None:
        LinkStore(database).withdraw(digest(1), settlement())
        with pytest.raises(RequestInFlight):
            LinkStore(database).withdraw(digest(1), settlement())


class TestForget:
    def test_deletes_what_came_before(self, database: Database, store: IdempotencyStore) -> None:
        store.keep(settlement(at=100))
        store.forget(100)
        assert store.kept([b"i" * 32])
        store.forget(101)
        with database.read() as connection:
            query = select(func.count()).select_from(idempotency_keys)
            assert connection.execute(query).scalar_one() == 0
