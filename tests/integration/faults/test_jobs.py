"""kill -9 of a process that runs a job, at every state that is ever stored and about every lot."""

from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import select

from api.services.jobs import JobFinished, JobState
from api.store.licences import LicenceFilter
from api.store.tables import jobs
from ledger.chain import calls
from ledger.values import Digest, Role
from tests.support.bulk import bulk_csv, named
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.jobs_of_office import end_turns, issued, ordered, seen
from tests.support.kills import Nursery, run_jobs
from tests.support.licences import AGENCY
from tests.support.office import Office

pytestmark = pytest.mark.timeout(600)
ROWS = 11
"""Rows of a job: two full batches and a part of one, as the office closes them."""
POINTS = {"commit", "committed", "lot", "built"}
STEP = 5
"""Of so many points, PostgreSQL passes one."""


class TestJob:
    def test_killed_anywhere_and_again_issues_every_row_once(
        self, issuing: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        passed: set[str] = set()
        digests: list[Digest] = []
        for number in count(1, 1 if is_thorough else STEP):
            job = ordered(issuing, upload(number))
            child = nursery.live(run_jobs, kill_at=number)
            passed |= set(child.points)
            end_turns(issuing)
            nursery.live(run_jobs, kill_at=1 + number % 7)
            end_turns(issuing)
            nursery.live(run_jobs)
            view, lines = seen(issuing, job)
            assert (view.state, view.rows, view.issued) == (JobState.DONE, ROWS, ROWS)
            assert (view.repeated, view.faults, view.error) == (0, 0, None)
            assert [line["row"] for line in lines] == [str(2 + each) for each in range(ROWS)]
            digests += issued(issuing, lines)
            if not child.was_killed:
                break
        assert passed == POINTS
        check_all(issuing, digests)

    def test_cancelled_after_a_kill_and_killed_again_tells_what_it_issued(
        self, issuing: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        states: set[JobState] = set()
        digests: list[Digest] = []
        for number in count(1, 3 if is_thorough else STEP):
            job = ordered(issuing, upload(number))
            was_killed = nursery.live(run_jobs, kill_at=number).was_killed
            ordering, by = issuing.parts.services().jobs, issuing.standing.office.address
            has_begun = ordering.get(job, by).state is not JobState.WAITING
            with suppress(JobFinished):
                ordering.cancel(job, by)
            for again in (1 + number % 4, None):
                end_turns(issuing)
                nursery.live(run_jobs, kill_at=again)
            view, lines = seen(issuing, job)
            states.add(view.state)
            if has_begun and view.state is JobState.CANCELLED:
                last = lines.pop()
                assert (last["outcome"], last["rule"]) == ("stopped", "cancelled")
            assert len(lines) == view.issued
            digests += issued(issuing, lines)
            if not was_killed:
                break
        assert states == {JobState.CANCELLED, JobState.DONE}
        check_all(issuing, digests)

    @pytest.mark.parametrize("end", [JobState.REFUSED, JobState.FAILED])
    def test_that_comes_to_nothing_says_so_once_wherever_it_is_killed(
        self, issuing: Office, nursery: Nursery, end: JobState, *, is_thorough: bool
    ) -> None:
        """A row is wrong, or whoever ordered it is no issuer any more."""
        place, standing = issuing, issuing.standing
        role = (standing.deployment, AGENCY.id, Role.ISSUER, standing.office.address)
        left: set[JobState] = set()
        for number in count(1, 1 if is_thorough else STEP):
            rows = named(ROWS, number * ROWS)
            if end is JobState.REFUSED:
                rows[-1] |= {"holder_code": "no code at all"}
            job = ordered(place, bulk_csv(rows))
            if end is JobState.FAILED:
                standing.send(calls.revoke_role(*role))
                place.work()
            was_killed = nursery.live(run_jobs, kill_at=number).was_killed
            left.add(state_of(place, job))
            for again in (1 + number % 4, None):
                end_turns(place)
                nursery.live(run_jobs, kill_at=again)
            if end is JobState.FAILED:
                standing.send(calls.grant_role(*role))
                place.work()
            view, lines = seen(place, job)
            assert (view.state, view.issued, len(lines)) == (end, 0, 1)
            if not was_killed:
                break
        assert end in left
        assert left & {JobState.WAITING, JobState.CHECKING}
        check_all(place, [])


def state_of(place: Office, job: bytes) -> JobState:
    """Return how far a job is, whoever may look at it."""
    with place.parts.database.read() as connection:
        return JobState(
            connection.execute(select(jobs.c.state).where(jobs.c.id == job)).scalar_one()
        )


def upload(number: int) -> bytes:
    """Return rows of which nobody else's have the names; every other upload names none."""
    return bulk_csv(named(ROWS, number * ROWS) if number % 4 < 2 else [{}] * ROWS)


def check_all(place: Office, digests: list[Digest]) -> None:
    """Raise unless these and no others were issued, each once, and the chain says so, too."""
    place.work()
    found = place.licences.search(LicenceFilter(AGENCY.id), None, len(digests) + 1).rows
    assert sorted(row.digest for row in found) == sorted(digests)
    assert len({row.serial for row in found}) == len(found)
    check_anchored_once(place, digests)
    check_nonces(place)
    check_audit(place)
