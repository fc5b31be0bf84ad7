"""Filings of tenders: who filed what and when, and the receipt for it. Texts are papers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.tender_marks import note
from api.store.tender_tables import tender_filing_answers, tender_filings, tender_papers
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.tenders.events import Stage
from ledger.tenders.filing_answers import FilingAnswer
from ledger.tenders.filings import Filing, FilingKind
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.values import Address

MOST_OF_ACCOUNT: Final = 20
"""What one account may file for one tender (proposed)."""
MOST_OWED: Final = 5_000
"""Of how much on one tender it is looked at whether its answer is overdue (proposed)."""
MOST_SHOWN: Final = 500
"""Filings that are shown with their tender, the newest (proposed)."""
_TABLE: Final = tender_filings.c
_PAPERS: Final = tender_papers.c
_ANSWERS: Final = tender_filing_answers.c
_LIST: Final = "filings"
_SAME: Final = ("tender", "kind", "lot", "stage", "digest", "brought_by")


@dataclass(eq=False)
class TooManyFilings(Refused):
    """The account, or its network address, filed as often on this tender as one may.

    Address the supervisor.
    """

    limit: int


@dataclass(eq=False)
class FilingUnknown(Refused):
    """Nobody filed this on the tender, or a paper of this role does not answer it."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class FilingRow:
    """A filing as stored."""

    tender: TenderId
    filing: Filing
    brought_by: Address
    receipt: str


class FilingStore:
    """The filings of all tenders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, row: FilingRow) -> FilingRow | None:
        """Return the same filing of the same account, if there is one."""
        with self._database.read() as connection:
            return _found(connection, row)

    def require_few(self, row: FilingRow) -> None:
        """Raise `TooManyFilings` unless the account may file once more on the tender."""
        with self._database.read() as connection:
            _require_few(connection, row)

    def keep(self, row: FilingRow) -> tuple[FilingRow, bool]:
        """Store a filing, or find the same; return it, and whether it is new.

        Raises `TooManyFilings`.
        """
        values = _values(row)
        with self._database.write() as connection:
            if (found := _found(connection, row)) is not None:
                return found, False
            _require_few(connection, row)
            is_new = insert_once(connection, tender_filings, values)
            note(connection, row.tender)
            kept = _found(connection, row)
        assert kept is not None  # it or its twin went in
        return kept, is_new

    def taken(self, tender: TenderId, by: Address) -> int:
        """Return how many bytes an account filed on a tender."""
        same = (_TABLE.tender == _PAPERS.tender, _TABLE.digest == _PAPERS.digest)
        own = exists().where(*same, _TABLE.kind == _PAPERS.role, _TABLE.brought_by == by)
        query = select(func.coalesce(func.sum(_PAPERS.size), 0))
        filed = query.where(_PAPERS.tender == tender, _PAPERS.brought_by == "", own)
        with self._database.read() as connection:
            return int(connection.execute(filed).scalar_one())

    def objections(self, tender: TenderId, digest: bytes) -> tuple[Filing, ...]:
        """Return the objections with this text, whoever filed them."""
        named = _named(tender, FilingKind.OBJECTION, digest)
        with self._database.read() as connection:
            found = connection.execute(select(tender_filings).where(*named))
            return tuple(_row(each).filing for each in found)

    def owed(self, tender: TenderId) -> tuple[Filing, ...]:
        """Return what waits for an answer, the first due first, `MOST_OWED` at most."""
        waits = (_TABLE.tender == tender, _TABLE.answered_at.is_(None), _TABLE.due_at.is_not(None))
        first = select(tender_filings).where(*waits).order_by(_TABLE.due_at, _TABLE.seq)
        with self._database.read() as connection:
            return tuple(_row(each).filing for each in connection.execute(first.limit(MOST_OWED)))

    def answer(self, tender: TenderId, answer: FilingAnswer) -> None:
        """Note a paper that answers or refuses a filing, whoever filed it.

        When it was answered first stays; the same paper twice is noted once, unless the same was
        filed again meanwhile.
        """
        named = _named(tender, answer.kind, answer.filing)
        told = {"kind": answer.kind.value, "filing": answer.filing, "paper": answer.paper}
        values = {"tender": tender, **told}
        known = select(_ANSWERS.seq).where(*(_ANSWERS[name] == values[name] for name in values))
        with self._database.write() as connection:
            first = update(tender_filings).where(*named, _TABLE.answered_at.is_(None))
            is_first = connection.execute(first.values(answered_at=answer.at)).rowcount
            if is_first or connection.execute(known).first() is None:
                row = {**values, "answered_at": answer.at}
                connection.execute(tender_filing_answers.insert().values(row))
            note(connection, tender)

    def answers(self, tender: TenderId) -> tuple[FilingAnswer, ...]:
        """Return what papers answered or refused on a tender, as they came."""
        query = select(tender_filing_answers).where(_ANSWERS.tender == tender)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(_ANSWERS.seq))
            return tuple(
                FilingAnswer(FilingKind(each.kind), each.filing, each.paper, each.answered_at)
                for each in found
            )

    def answering(
        self, tender: TenderId, papers: Collection[bytes], by: Address | None
    ) -> tuple[frozenset[tuple[PaperRole, bytes]], frozenset[tuple[PaperRole, bytes]]]:
        """Return, by role and digest, papers that answer questions, and those to what `by` filed.

        Of `papers` alone.
        """
        own = and_(
            _TABLE.tender == _ANSWERS.tender,
            _TABLE.kind == _ANSWERS.kind,
            _TABLE.digest == _ANSWERS.filing,
            _TABLE.brought_by == (by or ""),
        )
        is_question = _ANSWERS.kind == FilingKind.QUESTION.value
        is_own = exists().where(own)
        query = select(_ANSWERS.kind, _ANSWERS.paper).where(
            _ANSWERS.tender == tender, _ANSWERS.paper.in_(papers), or_(is_question, is_own)
        )
        with self._database.read() as connection:
            found = [
                (FilingKind(each.kind), bytes(each.paper)) for each in connection.execute(query)
            ]
        asked = [each for each in found if each[0] is FilingKind.QUESTION]
        return _roles(asked), _roles(found)

    def require(self, tender: TenderId, kind: FilingKind, digest: bytes) -> None:
        """Raise `FilingUnknown` unless such a thing was filed on the tender."""
        query = select(_TABLE.seq).where(*_named(tender, kind, digest)).limit(1)
        with self._database.read() as connection:
            if connection.execute(query).first() is None:
                raise FilingUnknown(digest)

    def of(self, tender: TenderId) -> tuple[FilingRow, ...]:
        """Return a tender's filings, the newest first, `MOST_SHOWN` at most."""
        query = select(tender_filings).where(_TABLE.tender == tender)
        with self._database.read() as connection:
            newest = query.order_by(_TABLE.seq.desc()).limit(MOST_SHOWN)
            return tuple(map(_row, connection.execute(newest)))

    def page(
        self, tender: TenderId, cursor: str | None, limit: int
    ) -> tuple[tuple[FilingRow, ...], str | None]:
        """Return up to `limit` filings, the newest first, and the cursor behind them.

        Raises `CursorMalformed` for a cursor that this tender's list did not give.
        """
        query = select(tender_filings).where(_TABLE.tender == tender)
        if cursor is not None:
            query = query.where(_TABLE.seq < number_of(_LIST, tender, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(_TABLE.seq.desc()).limit(limit + 1)).all()
        shown = found[:limit]
        behind = cursor_of(_LIST, tender, shown[-1].seq) if len(found) > limit else None
        return tuple(map(_row, shown)), behind


def _roles(answers: Sequence[tuple[FilingKind, bytes]]) -> frozenset[tuple[PaperRole, bytes]]:
    return frozenset((kind.answered_by, paper) for kind, paper in answers)


def _named(tender: TenderId, kind: FilingKind, digest: bytes) -> tuple[ColumnElement[bool], ...]:
    return _TABLE.tender == tender, _TABLE.kind == kind.value, _TABLE.digest == digest


def _require_few(connection: Connection, row: FilingRow) -> None:
    mine = (_TABLE.tender == row.tender, _TABLE.brought_by == row.brought_by)
    count = select(func.count()).select_from(tender_filings).where(*mine)
    if connection.execute(count).scalar_one() >= MOST_OF_ACCOUNT:
        raise TooManyFilings(MOST_OF_ACCOUNT)


def _found(connection: Connection, row: FilingRow) -> FilingRow | None:
    values = _values(row)
    same = [_TABLE[name] == values[name] for name in _SAME]
    found = connection.execute(select(tender_filings).where(*same)).first()
    return None if found is None else _row(found)


def _values(row: FilingRow) -> dict[str, Any]:
    filing = row.filing
    return {
        "tender": row.tender,
        "digest": filing.digest,
        "brought_by": row.brought_by,
        "kind": filing.kind.value,
        "lot": filing.lot,
        "stage": int(filing.stage),
        "filed_at": filing.filed_at,
        "due_at": filing.due_at,
        "objection": filing.objection if any(filing.objection) else None,
        "receipt": row.receipt,
    }


def _row(found: Row[Any]) -> FilingRow:
    filing = Filing(
        kind=FilingKind(found.kind),
        lot=found.lot,
        stage=Stage(found.stage),
        digest=found.digest,
        filed_at=found.filed_at,
        due_at=found.due_at,
        objection=found.objection or bytes(32),
        answered_at=found.answered_at or 0,
    )
    return FilingRow(TenderId(found.tender), filing, Address(found.brought_by), found.receipt)
