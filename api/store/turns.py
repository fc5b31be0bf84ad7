"""Turns at a job: who runs it now, and what that one writes.

A turn ends when it is given back, or by itself when nobody has said for a while that it goes on.
Whoever takes the job then counts one up, and every write asks for the number, in its own
transaction: one that was stopped and woken finds that its turn is over, and writes nothing.
"""

from dataclasses import dataclass
from typing import Any, Final
from zlib import compress

import orjson
from sqlalchemy import Connection, case, func, insert, select, update
from sqlalchemy.sql.expression import ColumnElement

from api.store.database import Database
from api.store.jobs import Fault, JobRow, JobState, job_of
from api.store.tables import job_results, jobs
from ledger.errors import LedgerError

MAX_TRIES: Final = 5
"""Turns without progress after which a job is given up: it ends whoever runs it (proposed)."""
A_TRY: Final = 5
"""What such a turn adds to `tries`. One that its process lived to lose adds 1: a busy machine
stands still at times, but a job that holds up everybody ends as well, after 25 turns (proposed)."""
GIVEN_UP_AT: Final = (MAX_TRIES + 1) * A_TRY
"""What `tries` is at, the turn in hand among them, when the job is given up."""
_ZLIB_LEVEL: Final = 1


def _less(weight: int) -> ColumnElement[int]:
    return case((jobs.c.tries > weight, jobs.c.tries - weight), else_=0)


_NO_TRY: Final = {"tries": _less(A_TRY)}
"""Takes back the try that a turn began with; earlier ones stand. Progress has left none."""
_LOST: Final = {"tries": _less(A_TRY - 1)}
"""Takes back what it was more than a lost turn."""


class TurnLost(LedgerError):
    """Somebody else runs the job by now; the late one steps back."""


class CancelAsked(LedgerError):
    """The job is to end here."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends; `result` is the last piece of its result as CSV."""

    state: JobState
    at: int
    error: str | None = None
    faults: int = 0
    first_faults: tuple[Fault, ...] = ()
    result: str = ""


class TurnStore:
    """The jobs as those see them who run them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, now: int, until: int) -> JobRow | None:
        """Take the job that waits longest, or one whose turn is over; None when there is none."""
        waits = [JobState.WAITING.value, JobState.CHECKING.value, JobState.ISSUING.value]
        query = (
            select(jobs.c.id)
            .where(jobs.c.finished_at.is_(None), jobs.c.state.in_(waits))
            .where(jobs.c.claimed_until <= now)
            .order_by(jobs.c.seq)
            .limit(1)
        )
        with self._database.read() as connection:  # most looks find nothing, and need no lock
            if connection.execute(query).first() is None:
                return None
        with self._database.write() as connection:
            locked = query.with_for_update(skip_locked=True)
            job = connection.execute(locked).scalar_one_or_none()
            if job is None:
                return None
            values = {
                "turn": jobs.c.turn + 1,
                "tries": jobs.c.tries + A_TRY,
                "claimed_until": until,
                "error": None,
            }
            connection.execute(update(jobs).where(jobs.c.id == job).values(values))
            return job_of(connection, job)

    def give_back(
        self, turn: JobRow, until: int, *, counts: bool, error: str | None = None
    ) -> None:
        """Let others take the job from `until` on; a turn that does not count is no try.

        `error` names why the job could not go on; it stands until it does.
        """
        values: dict[str, Any] = {"claimed_until": until, "error": error}
        if not counts:
            values |= _NO_TRY
        with self._database.write() as connection:
            connection.execute(_own(turn).values(values))

    def lose(self, turn: JobRow) -> None:
        """Say that a turn which others took meanwhile did not end its process."""
        unfinished = update(jobs).where(jobs.c.id == turn.id, jobs.c.finished_at.is_(None))
        with self._database.write() as connection:
            connection.execute(unfinished.values(_LOST))

    def go_on(self, turn: JobRow, until: int, **values: Any) -> None:
        """Say that the turn goes on, and write columns of the job.

        Raises:
            TurnLost: when somebody else took it.
            CancelAsked: when an account wants it to end.
        """
        with self._database.write() as connection:
            keep_turn(connection, turn, claimed_until=until, **values)

    def finish(self, turn: JobRow, ending: Ending) -> None:
        """End the job; raise `TurnLost`."""
        values = {
            "state": ending.state.value,
            "finished_at": ending.at,
            "error": ending.error,
            "faults": ending.faults,
            "first_faults": orjson.dumps(ending.first_faults),
        }
        with self._database.write() as connection:
            if connection.execute(_own(turn).values(values)).rowcount != 1:
                raise TurnLost
            add_result(connection, turn.id, ending.result)


def keep_turn(connection: Connection, turn: JobRow, **values: Any) -> None:
    """Write columns of a job in a transaction of its turn; raise `TurnLost` or `CancelAsked`.

    It comes first in the transaction: from here on nobody can take the turn away.
    """
    wanted = _own(turn).where(~jobs.c.is_cancelled).values(**values)
    if connection.execute(wanted).rowcount == 1:
        return
    if job_of(connection, turn.id).turn != turn.turn:
        raise TurnLost
    raise CancelAsked


def add_result(connection: Connection, job: bytes, text: str) -> None:
    """Store the next piece of a job's result in the transaction of what it tells of."""
    if text:
        last = select(func.coalesce(func.max(job_results.c.number), -1)).filter_by(job=job)
        number = connection.execute(last).scalar_one() + 1
        content = compress(text.encode(), _ZLIB_LEVEL)
        connection.execute(insert(job_results).values(job=job, number=number, content=content))


def _own(turn: JobRow) -> Any:
    return update(jobs).where(
        jobs.c.id == turn.id, jobs.c.turn == turn.turn, jobs.c.finished_at.is_(None)
    )
