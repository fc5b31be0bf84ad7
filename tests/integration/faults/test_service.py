"""kill -9 of processes that answer HTTP: what was acknowledged stands, a repeat is answered so."""

import random
import threading
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select

from api.services.jobs import JobState
from api.store.tables import licences
from tests.support.bulk import bulk_csv
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import token_of
from tests.support.jobs_of_office import end_turns, issued, ordered, seen
from tests.support.kills import Life, Nursery, alive, born, keep_running_jobs, lead, run_jobs, serve
from tests.support.office import TYPE, Office
from tests.support.ports import free_port
from tests.support.service import order
from tests.support.writes import Caller, Write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SERVERS, WORKERS, CLIENTS = 3, 2, 4
LONGEST_PAUSE = 0.5
JOB_ROWS = 200
POINT_OF_JOB = 41
"""Where the job is killed first: some of its fifty batches are stored, most are not."""


ORDER = Write.of("/v1/licences", order(TYPE))


def insist(caller: Caller, name: str, stop: threading.Event) -> None:
    """Order one licence after the other until told to stop, each until it is acknowledged."""
    for number in count():
        while not caller.send(f"{name}-{number:012d}", ORDER):
            if stop.wait(0.02):
                return
        if stop.is_set():
            return


class TestServer:
    def test_killed_at_every_commit_answers_a_repeat_alike(
        self, issuing: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        port = free_port()
        caller = Caller([port], token_of(issuing))
        for number in count(1, 1 if is_thorough else 3):
            keys = [f"server-{number}-order-{each:02d}" for each in range(3)]
            with alive(nursery, partial(serve, port=port), kill_at=number):
                was_killed = not all([caller.send(key, ORDER) for key in keys])  # noqa: C419  # to the end

            with alive(nursery, partial(serve, port=port)):
                assert all(caller.send(key, ORDER) for key in keys)
            if not was_killed:
                break
        assert number > len(keys)
        digests = caller.licences()
        assert licences_of(issuing) == len(digests) == len(caller.answers)
        issuing.work()
        check_anchored_once(issuing, digests)
        check_audit(issuing)


class TestProcesses:
    def test_killed_by_turns_under_load_lose_and_double_nothing(
        self, issuing: Office, nursery: Nursery
    ) -> None:
        """Each is killed twice, and whoever runs the job once more, in its middle."""
        ports = [free_port() for _ in range(SERVERS)]
        lives: list[Life] = [partial(serve, port=port) for port in ports]
        lives += [lead] * WORKERS + [keep_running_jobs]
        caller, stop = Caller(ports, token_of(issuing)), threading.Event()
        threads = [
            threading.Thread(target=insist, args=(caller, f"client-{each}", stop))
            for each in range(CLIENTS)
        ]
        job = ordered(issuing, bulk_csv([{}] * JOB_ROWS))
        children = [born(nursery, life) for life in lives[:-1]]
        for thread in threads:
            thread.start()
        nursery.live(keep_running_jobs, kill_at=POINT_OF_JOB)
        end_turns(issuing)
        children.append(born(nursery, keep_running_jobs))
        victims = list(range(len(lives))) * 2
        random.shuffle(victims)
        for victim in victims:
            children[victim].kill_after(random.uniform(0, LONGEST_PAUSE))  # noqa: S311  # the run's seed repeats it
            if lives[victim] is keep_running_jobs:
                end_turns(issuing)
            children[victim] = born(nursery, lives[victim])
        stop.set()
        for thread in threads:
            thread.join()
        for child in children:
            child.kill_after(0)
        end_turns(issuing)
        nursery.live(run_jobs)
        view, lines = seen(issuing, job)
        assert (view.state, view.issued) == (JobState.DONE, JOB_ROWS)
        ordered_one_by_one = caller.licences()
        digests = ordered_one_by_one + issued(issuing, lines)
        assert len(ordered_one_by_one) > CLIENTS
        assert len(set(digests)) == len(digests)
        assert licences_of(issuing) - len(digests) in range(CLIENTS + 1)  # those never answered
        issuing.work()
        check_anchored_once(issuing, digests)
        check_nonces(issuing)
        check_audit(issuing)


def licences_of(place: Office) -> int:
    with place.parts.database.read() as connection:
        return connection.execute(select(func.count()).select_from(licences)).scalar_one()
