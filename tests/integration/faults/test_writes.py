"""kill -9 of the API while it writes, and again while the repeat is served."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select

from api.store.jobs import JobState
from api.store.tables import job_chunks, jobs, metadata
from tests.support.checks import check_anchored_once, check_audit, check_changed, check_nonces
from tests.support.front import token_of
from tests.support.kills import Nursery, alive, run_jobs, serve
from tests.support.office import Office
from tests.support.ports import free_port
from tests.support.writes import ADDED, Caller, Desk, Write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KINDS = list(ADDED)


class TestWrites:
    def test_killed_twice_running_have_one_answer_and_one_effect(
        self, issuing: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        """Every kind of write is killed at each of its points until it comes through alive."""
        port = free_port()
        caller, desk = Caller([port], token_of(issuing)), Desk(issuing)
        life, left = partial(serve, port=port), set(KINDS)
        for number in count(1):
            writes = desk.fresh(left)
            before = rows_of(issuing)
            for kind, write in writes.items():
                place = KINDS.index(kind)
                if not is_thorough and (number + place) % 3:
                    continue
                with alive(nursery, life, kill_at=number):
                    is_through = caller.send(key_of(number, kind), write)
                if is_through:
                    left.remove(kind)
                    continue
                with alive(nursery, life, kill_at=1 + place % 3 if number == 1 else 1):
                    caller.send(key_of(number, kind), write)
            with alive(nursery, life):
                for kind, write in writes.items():
                    assert caller.send(key_of(number, kind), write)
                    caller.answer(key_of(number, kind))
            assert rows_of(issuing) - before == expected(writes)
            if not left:
                break
        nursery.live(run_jobs)
        issuing.work()
        issuing.work()
        assert number > 3
        check_changed(issuing, desk.statuses)
        check_anchored_once(issuing, caller.licences())
        check_nonces(issuing)
        check_audit(issuing)


def key_of(number: int, kind: str) -> str:
    return f"killed-at-{number:03d}-{kind}"


def expected(writes: Mapping[str, Write]) -> Counter[str]:
    added: Counter[str] = Counter(idempotency_keys=len(writes))
    for kind in writes:
        added.update(ADDED[kind])
    return added


def rows_of(place: Office) -> Counter[str]:
    """Return the number of rows of each table, those of uploads that broke off apart."""
    whole = jobs.c.state != JobState.RECEIVING.value
    with place.parts.database.read() as connection:
        queries = {
            table.name: select(func.count()).select_from(table) for table in metadata.sorted_tables
        }
        queries["jobs"] = queries["jobs"].where(whole)
        queries["job_chunks"] = queries["job_chunks"].where(
            job_chunks.c.job.in_(select(jobs.c.id).where(whole))
        )
        return Counter(
            {name: connection.execute(query).scalar_one() for name, query in queries.items()}
        )
