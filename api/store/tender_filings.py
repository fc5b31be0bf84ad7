"""Filings of tenders: who filed what and when, and the receipt for it. Texts are papers."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update

from api.store.database import Database
from api.store.tender_marks import note
from api.store.tender_tables import tender_filings, tender_papers
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.tenders.events import Stage
from ledger.tenders.filings import Filing, FilingKind
from ledger.tenders.ids import TenderId
from ledger.values import Address

MOST_OF_ACCOUNT: Final = 20
"""What one account may file for one tender (proposed)."""
MOST_OWED: Final = 5_000
"""Of how much on one tender it is looked at whether its answer is overdue (proposed)."""
MOST_SHOWN: Final = 500
"""What is read of one tender's filings at once, the newest (proposed)."""
_TABLE: Final = tender_filings.c
_PAPERS: Final = tender_papers.c
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

    def answer(self, tender: TenderId, kind: FilingKind, digest: bytes, at: int) -> None:
        """Note when a filing was answered or refused, whoever filed it; the first time stays."""
        is_open = _TABLE.answered_at.is_(None)
        same = (*_named(tender, kind, digest), is_open)
        with self._database.write() as connection:
            connection.execute(update(tender_filings).where(*same).values(answered_at=at))
            note(connection, tender)

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
