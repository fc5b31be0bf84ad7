"""Jobs: long work that an account ordered, what it sent for it, and how far it has come.

What is sent lies here in chunks, so that any process may run the job. Whoever runs one writes
through `api.store.turns`.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.sql.expression import ColumnElement

from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.tables import job_chunks, job_results, jobs
from ledger.errors import Refused
from ledger.values import Address, AgencyId

FORGOTTEN_CHUNKS: Final = 64
"""Chunks deleted in one transaction: 64 MiB at most, so that others need not wait for a GiB."""
_LIST: Final = "jobs"


class JobState(StrEnum):
    """How far a job is; the last four are its end."""

    RECEIVING = "receiving"  # the upload is still arriving
    WAITING = "waiting"
    CHECKING = "checking"
    ISSUING = "issuing"
    DONE = "done"
    REFUSED = "refused"  # the upload breaks rules: nothing was issued
    FAILED = "failed"  # its error says why; what was issued stays issued
    CANCELLED = "cancelled"  # what was issued stays issued

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in _FINAL


_FINAL: Final = frozenset({JobState.DONE, JobState.REFUSED, JobState.FAILED, JobState.CANCELLED})

Fault = tuple[int, str | None, str]
"""Row, column (None: the whole row) and rule."""


@dataclass(eq=False)
class JobUnknown(Refused):
    """There is no such job."""

    job: bytes


@dataclass(eq=False)
class JobNotReceiving(Refused):
    """The job takes no more of an upload."""

    job: bytes


@dataclass(eq=False)
class JobFinished(Refused):
    """The job is over already."""

    job: bytes
    state: JobState


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as stored; times in Unix seconds, `turn` counts those who ran it.

    `rows` is known once all are checked. `checked` counts rows of this turn's pass; `issued` and
    `repeated` together are the rows that are through. `faults` counts all, `first_faults` shows a
    few. `chunks` is the number of pieces of the upload.
    """

    id: bytes
    agency: AgencyId
    type_id: str
    media_type: str
    charset: str | None
    is_dry_run: bool
    requested_by: Address
    requested_at: int
    state: JobState = JobState.RECEIVING
    is_cancelled: bool = False
    finished_at: int | None = None
    chunks: int = 0
    turn: int = 0
    tries: int = 0
    rows: int | None = None
    checked: int = 0
    issued: int = 0
    repeated: int = 0
    faults: int = 0
    first_faults: tuple[Fault, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class JobRows:
    """Jobs, newest first; `next_cursor` None at the end."""

    rows: tuple[JobRow, ...]
    next_cursor: str | None


Settled = Callable[[JobRow], Settlement | None]
"""Makes of the job as it is now what is kept for a repeat of the request."""


class JobStore:
    """The jobs that were ordered here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: JobRow) -> None:
        """Store a new job that receives its upload."""
        values = {
            "id": job.id,
            "agency": job.agency,
            "type_id": job.type_id,
            "media_type": job.media_type,
            "charset": job.charset,
            "is_dry_run": job.is_dry_run,
            "requested_by": job.requested_by,
            "requested_at": job.requested_at,
            "state": job.state.value,
            "is_cancelled": False,
            "touched_at": job.requested_at,
            "chunks": 0,
            "turn": 0,
            "claimed_until": 0,
            "tries": 0,
            "checked": 0,
            "issued": 0,
            "repeated": 0,
            "faults": 0,
            "first_faults": b"[]",
        }
        with self._database.write() as connection:
            connection.execute(insert(jobs).values(values))

    def append(self, job: bytes, content: bytes, now: int) -> None:
        """Store the next piece of an upload; raise `JobUnknown` or `JobNotReceiving`."""
        with self._database.write() as connection:
            found = _receiving(connection, job)
            connection.execute(
                insert(job_chunks).values(job=job, number=found.chunks, content=content)
            )
            _set(connection, job, chunks=found.chunks + 1, touched_at=now)

    def submit(self, job: bytes, now: int, settled: Settled) -> JobRow:
        """Let a job wait for its turn; raise `JobUnknown` or `JobNotReceiving`."""
        with self._database.write() as connection:
            _receiving(connection, job)
            _set(connection, job, state=JobState.WAITING.value, touched_at=now)
            return _settled(connection, job, settled)

    def discard(self, job: bytes) -> None:
        """Forget a job whose upload did not arrive whole; raise as `submit`."""
        with self._database.write() as connection:
            _receiving(connection, job)
            connection.execute(delete(job_chunks).where(job_chunks.c.job == job))
            connection.execute(delete(jobs).where(jobs.c.id == job))

    def get(self, job: bytes) -> JobRow:
        """Return a job; raise `JobUnknown`."""
        with self._database.read() as connection:
            return job_of(connection, job)

    def page(self, agency: AgencyId, cursor: str | None, limit: int) -> JobRows:
        """Return up to `limit` jobs of an agency, newest first; raise `CursorMalformed`."""
        query = select(jobs).where(jobs.c.agency == agency).order_by(jobs.c.seq.desc())
        if cursor is not None:
            query = query.where(jobs.c.seq < number_of(_LIST, agency, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.limit(limit + 1)).all()
        shown = found[:limit]
        more = cursor_of(_LIST, agency, shown[-1].seq) if len(found) > limit else None
        return JobRows(tuple(map(_job_of, shown)), more)

    def cancel(self, job: bytes, now: int, settled: Settled) -> JobRow:
        """End a job that nobody runs; one that runs ends by itself after the batch in hand.

        Raises `JobUnknown` or `JobFinished`.
        """
        with self._database.write() as connection:
            found = job_of(connection, job, locked=True)
            if found.state.is_final:
                raise JobFinished(job, found.state)
            values: dict[str, Any] = {"is_cancelled": True}
            if found.state in (JobState.RECEIVING, JobState.WAITING):
                values |= {"state": JobState.CANCELLED.value, "finished_at": now}
            _set(connection, job, **values)
            return _settled(connection, job, settled)

    def chunks(self, job: bytes) -> Iterator[bytes]:
        """Yield the upload in its pieces, one in memory at a time."""
        number = 0
        while (content := self._piece(job, number)) is not None:
            yield content
            number += 1

    def result(self, job: bytes) -> Iterator[bytes]:
        """Yield the pieces of a job's result in their order."""
        number = -1
        while True:
            query = (
                select(job_results.c.number, job_results.c.content)
                .where(job_results.c.job == job, job_results.c.number > number)
                .order_by(job_results.c.number)
                .limit(1)
            )
            with self._database.read() as connection:
                row = connection.execute(query).first()
            if row is None:
                return
            number = row.number
            yield zlib.decompress(row.content)

    def forget(self, stale_before: int, finished_before: int) -> None:
        """Forget jobs whose upload stopped arriving, and the uploads of those long finished."""
        stale = (jobs.c.state == JobState.RECEIVING.value) & (jobs.c.touched_at < stale_before)
        old = jobs.c.finished_at < finished_before
        self._forget_chunks(stale | old)
        with self._database.write() as connection:
            sent = select(job_chunks.c.job).where(job_chunks.c.job == jobs.c.id).exists()
            connection.execute(delete(jobs).where(stale, ~sent))

    def _forget_chunks(self, of: ColumnElement[bool]) -> None:
        query = (
            select(job_chunks.c.job, job_chunks.c.number)
            .join(jobs, jobs.c.id == job_chunks.c.job)
            .where(of)
            .limit(FORGOTTEN_CHUNKS)
        )
        while True:
            with self._database.write() as connection:
                found = connection.execute(query).all()
                for job, number in found:
                    connection.execute(delete(job_chunks).filter_by(job=job, number=number))
            if len(found) < FORGOTTEN_CHUNKS:
                return

    def _piece(self, job: bytes, number: int) -> bytes | None:
        query = select(job_chunks.c.content).filter_by(job=job, number=number)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()


def job_of(connection: Connection, job: bytes, *, locked: bool = False) -> JobRow:
    """Return a job within a transaction, `locked` against others; raise `JobUnknown`."""
    query = select(jobs).where(jobs.c.id == job)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise JobUnknown(job)
    return _job_of(row)


def _receiving(connection: Connection, job: bytes) -> JobRow:
    found = job_of(connection, job, locked=True)
    if found.state is not JobState.RECEIVING:
        raise JobNotReceiving(job)
    return found


def _settled(connection: Connection, job: bytes, settled: Settled) -> JobRow:
    row = job_of(connection, job)
    settle(connection, settled(row))
    return row


def _set(connection: Connection, job: bytes, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job).values(**values))


def _job_of(row: Row[Any]) -> JobRow:
    return JobRow(
        id=row.id,
        agency=row.agency,
        type_id=row.type_id,
        media_type=row.media_type,
        charset=row.charset,
        is_dry_run=row.is_dry_run,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=JobState(row.state),
        is_cancelled=row.is_cancelled,
        finished_at=row.finished_at,
        chunks=row.chunks,
        turn=row.turn,
        tries=row.tries,
        rows=row.rows,
        checked=row.checked,
        issued=row.issued,
        repeated=row.repeated,
        faults=row.faults,
        first_faults=tuple(
            (number, column, rule) for number, column, rule in orjson.loads(row.first_faults)
        ),
        error=row.error,
    )
