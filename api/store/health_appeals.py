"""Appeals against scans: one a scan, open until its answer is in, gone with the scan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select, tuple_, update

from api.store.cursors import CursorMalformed
from api.store.database import Database
from api.store.gate_tables import health_appeals, health_scans
from api.store.health_scans import ScanErased
from api.store.idempotency import Settlement, settle
from api.store.records import NOT_KEPT, RecordRow, insert_records
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, KeyId, RecordKind


@dataclass(eq=False)
class AppealUnknown(Refused):
    """Nobody appealed against the scan with this number."""

    number: str


@dataclass(eq=False)
class AppealAnswered(Refused):
    """The appeal was answered already; an answer is never edited."""

    number: str


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """A written answer and the agency's signature over it; None where it was written before."""

    document: bytes = field(repr=False)
    signature: bytes | None
    key_id: KeyId | None


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal as stored; times in Unix seconds, `answer` None while it is open."""

    scan: Digest
    id: bytes
    agency: AgencyId
    lodged_at: int
    answer_by: int
    answer: SignedAnswer | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A written answer to store; the scan it is about is kept until `kept_until` at least."""

    digest: Digest
    signed: SignedAnswer
    answered_at: int
    kept_until: int


class AppealStore:
    """The appeals lodged here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lodge(self, row: AppealRow, number: str) -> bool:
        """Store an appeal unless there is one against its scan; return whether it is new.

        Raises `ScanErased` where the scan with that number went meanwhile.
        """
        values = {
            "scan": row.scan,
            "id": row.id,
            "agency": row.agency,
            "lodged_at": row.lodged_at,
            "answer_by": row.answer_by,
        }
        scan = select(health_scans.c.erasure).where(health_scans.c.digest == row.scan)
        with self._database.write() as connection:
            erasure = connection.execute(scan.with_for_update()).scalar_one()
            if erasure is not None:
                raise ScanErased(number, erasure)
            return insert_once(connection, health_appeals, values)

    def get(self, number: str) -> AppealRow:
        """Return the appeal against the scan with this number; raise `AppealUnknown`."""
        query = (
            select(health_appeals)
            .join(health_scans, health_scans.c.digest == health_appeals.c.scan)
            .where(health_scans.c.number == number)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise AppealUnknown(number)
        return _appeal_of(row)

    def open(
        self, agency: AgencyId, cursor: str | None, limit: int
    ) -> tuple[Sequence[AppealRow], str | None]:
        """Return up to `limit` appeals without answer, whoever waits longest first, and a cursor.

        The cursor is the number of the last one's scan, which is answered meanwhile or not. Raises
        `CursorMalformed` for one that is no scan's of the agency with an appeal.
        """
        order = (health_appeals.c.answer_by, health_appeals.c.scan)
        query = (
            select(health_appeals, health_scans.c.number)
            .join(health_scans, health_scans.c.digest == health_appeals.c.scan)
            .where(health_appeals.c.agency == agency)
        )
        waiting = query.where(health_appeals.c.answer.is_(None)).order_by(*order).limit(limit + 1)
        with self._database.read() as connection:
            if cursor is not None:
                at = query.where(health_scans.c.number == cursor)
                last = connection.execute(at).one_or_none()
                if last is None:
                    raise CursorMalformed
                waiting = waiting.where(tuple_(*order) > tuple_(last.answer_by, last.scan))
            found = connection.execute(waiting).all()
        shown = found[:limit]
        more = shown[-1].number if len(found) > limit else None
        return [_appeal_of(row) for row in shown], more

    def overdue(self, now: int) -> int:
        """Count the appeals whose answer was due before `now` and is not there."""
        late = (health_appeals.c.answer_by < now) & health_appeals.c.answer.is_(None)
        query = select(func.count()).select_from(health_appeals).where(late)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def answer(
        self, appeal: AppealRow, number: str, answer: AnswerRow, settlement: Settlement | None
    ) -> None:
        """Store the answer and let it be anchored; the scan stays long enough to be looked at.

        Raises `AppealAnswered`, and `RequestInFlight` when the request was answered meanwhile.
        """
        mine = (health_appeals.c.scan == appeal.scan) & health_appeals.c.answer.is_(None)
        scan = (health_scans.c.digest == appeal.scan) & (
            health_scans.c.erase_at < answer.kept_until
        )
        kind, at = RecordKind.ANSWER, answer.answered_at
        with self._database.write() as connection:
            settle(connection, settlement)
            values = {
                "answer": answer.signed.document,
                "signature": answer.signed.signature,
                "key_id": answer.signed.key_id,
            }
            answered = update(health_appeals).where(mine).values(values)
            if connection.execute(answered).rowcount != 1:
                raise AppealAnswered(number)
            connection.execute(update(health_scans).where(scan).values(erase_at=answer.kept_until))
            record = RecordRow(answer.digest, appeal.agency, kind, NOT_KEPT, at)
            insert_records(connection, [record])


def _appeal_of(row: Row[Any]) -> AppealRow:
    signed = None
    if row.answer is not None:
        signed = SignedAnswer(row.answer, row.signature, row.key_id)
    return AppealRow(row.scan, row.id, row.agency, row.lodged_at, row.answer_by, signed)
