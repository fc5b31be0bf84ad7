"""kill -9 of a process that runs a job, at every state that is ever stored and about every lot."""

from contextlib import suppress
from itertools import count

import pytest

from api.services.jobs import JobFinished, JobState
from api.store.licences import LicenceFilter
from ledger.values import Digest
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
