"""Jobs of an office: ordered without HTTP, left by the dead, looked at when they are over."""

import csv
import io

from sqlalchemy import update

from api.services.jobs import JobOrder, JobView
from api.store.tables import jobs
from ledger.values import Digest
from tests.support.licences import AGENCY
from tests.support.office import TYPE, Office


def ordered(place: Office, upload: bytes) -> bytes:
    """Send an upload of the sample type without HTTP; return the job, which waits."""
    jobs, by = place.parts.services().jobs, place.standing.office.address
    job = jobs.begin(JobOrder(AGENCY.id, TYPE, "text/csv", None, is_dry_run=False), by)
    jobs.append(job, upload)
    jobs.submit(job, by)
    return job


def end_turns(place: Office) -> None:
    """Let the time pass that a job stays with a process that says nothing."""
    with place.parts.database.write() as connection:
        connection.execute(update(jobs).values(claimed_until=0))


def seen(place: Office, job: bytes) -> tuple[JobView, list[dict[str, str]]]:
    """Return a job, which is over, and the lines of its result."""
    ordering, by = place.parts.services().jobs, place.standing.office.address
    text = b"".join(ordering.result(job, by)).decode()
    return ordering.get(job, by), list(csv.DictReader(io.StringIO(text, newline="")))


def issued(place: Office, lines: list[dict[str, str]]) -> list[Digest]:
    """Return the digests of a result's lines; raise unless each is the licence of its row."""
    assert {line["outcome"] for line in lines} <= {"issued"}
    digests = [Digest(bytes.fromhex(line["digest"][2:])) for line in lines]
    rows = [place.licences.get(digest) for digest in digests]
    assert [row.licence_id for row in rows] == [line["licence_id"] for line in lines]
    assert [row.external_id or "" for row in rows] == [line["external_id"] for line in lines]
    return digests
