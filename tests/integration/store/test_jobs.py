from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.store.cursors import CursorMalformed
from api.store.database import Database
from api.store.idempotency import IdempotencyStore, KeptAnswer, Settlement
from api.store.jobs import (
    JobFinished,
    JobNotReceiving,
    JobRow,
    JobState,
    JobStore,
    JobUnknown,
)
from api.store.tables import job_chunks, jobs
from ledger.values import Address
from tests.support.issued import OFFICE, OTHER

NOW = 5000
JOB = JobRow(
    id=b"j" * 16,
    agency=OFFICE,
    type_id="cn.food-business",
    media_type="text/csv",
    charset=None,
    is_dry_run=False,
    requested_by=Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    requested_at=NOW,
)


def nothing(_job: JobRow) -> None:
    return None


def job(number: int, **changes: Any) -> JobRow:
    return replace(JOB, id=bytes([number]) * 16, **changes)


@pytest.fixture
def store(database: Database) -> JobStore:
    store = JobStore(database)
    store.add(JOB)
    return store


class TestUpload:
    def test_comes_back_in_its_pieces(self, store: JobStore) -> None:
        for piece in (b"a", b"", b"bc"):
            store.append(JOB.id, piece, NOW)
        assert list(store.chunks(JOB.id)) == [b"a", b"", b"bc"]
        assert store.get(JOB.id) == replace(JOB, chunks=3)

    def test_takes_nothing_once_it_is_submitted(self, store: JobStore) -> None:
        store.append(JOB.id, b"a", NOW)
        assert store.submit(JOB.id, NOW, nothing).state is JobState.WAITING
        for late in (
            lambda: store.append(JOB.id, b"b", NOW),
            lambda: store.submit(JOB.id, NOW, nothing),
            lambda: store.discard(JOB.id),
        ):
            with pytest.raises(JobNotReceiving):
                late()
        assert list(store.chunks(JOB.id)) == [b"a"]

    def test_can_be_thrown_away(self, store: JobStore) -> None:
        store.append(JOB.id, b"a", NOW)
        store.discard(JOB.id)
        assert list(store.chunks(JOB.id)) == []
        for late in (
            lambda: store.get(JOB.id),
            lambda: store.append(JOB.id, b"b", NOW),
            lambda: store.discard(JOB.id),
        ):
            with pytest.raises(JobUnknown):
                late()


class TestSubmit:
    def test_keeps_the_answer_with_it(self, store: JobStore, database: Database) -> None:
        kept = Settlement(b"k" * 32, b"f" * 32, NOW, KeptAnswer(202, (), b"{}"))
        store.submit(JOB.id, NOW, lambda _job: kept)
        assert IdempotencyStore(database).kept([kept.id]) == {kept.id: kept}

    def test_that_fails_leaves_it_receiving(self, store: JobStore) -> None:
        class Killed(Exception):
            pass

        def fail(_job: JobRow) -> None:
            raise Killed

        with pytest.raises(Killed):
            store.submit(JOB.id, NOW, fail)
        assert store.get(JOB.id).state is JobState.RECEIVING


class TestPage:
    def test_shows_an_agencys_newest_first(self, store: JobStore) -> None:
        others = [job(number) for number in (1, 2)]
        for each in (*others, job(3, agency=OTHER)):
            store.add(each)
        first = store.page(OFFICE, None, 2)
        assert first.rows == (others[1], others[0])
        assert store.page(OFFICE, first.next_cursor, 2).rows == (JOB,)
        assert store.page(OFFICE, first.next_cursor, 2).next_cursor is None

    def test_refuses_foreign_cursors(self, store: JobStore) -> None:
        with pytest.raises(CursorMalformed):
            store.page(OFFICE, "x", 2)


class TestCancel:
    def test_ends_what_nobody_runs(self, store: JobStore) -> None:
        ended = store.cancel(JOB.id, NOW + 1, nothing)
        assert (ended.state, ended.finished_at) == (JobState.CANCELLED, NOW + 1)
        with pytest.raises(JobFinished) as caught:
            store.cancel(JOB.id, NOW + 2, nothing)
        assert caught.value.state is JobState.CANCELLED

    @pytest.mark.parametrize("state", [JobState.CHECKING, JobState.ISSUING])
    def test_leaves_the_end_to_whoever_runs_it(
        self, store: JobStore, database: Database, state: JobState
    ) -> None:
        with database.write() as connection:
            connection.execute(update(jobs).values(state=state.value))
        assert store.cancel(JOB.id, NOW, nothing) == replace(JOB, state=state, is_cancelled=True)


class TestForget:
    def test_drops_uploads_that_stopped_arriving(self, store: JobStore) -> None:
        store.append(JOB.id, b"a", NOW + 10)
        store.forget(NOW + 10, 0)
        assert store.get(JOB.id).chunks == 1
        store.forget(NOW + 11, 0)
        with pytest.raises(JobUnknown):
            store.get(JOB.id)

    def test_drops_uploads_of_what_is_long_over_and_keeps_the_job(
        self, store: JobStore, database: Database
    ) -> None:
        for number in range(130):
            store.append(JOB.id, bytes([number]), NOW)
        store.cancel(JOB.id, NOW + 5, nothing)
        store.forget(0, NOW + 5)
        assert len(list(store.chunks(JOB.id))) == 130
        store.forget(0, NOW + 6)
        assert store.get(JOB.id).state is JobState.CANCELLED
        with database.read() as connection:
            assert connection.execute(select(func.count()).select_from(job_chunks)).scalar() == 0

    def test_leaves_what_waits(self, store: JobStore) -> None:
        store.append(JOB.id, b"a", NOW)
        store.submit(JOB.id, NOW, nothing)
        store.forget(NOW + 100, NOW + 100)
        assert list(store.chunks(JOB.id)) == [b"a"]
