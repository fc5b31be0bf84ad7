"""Papers of tenders: what each is, and which files a manifest of documents names.

A row is written after its bytes, so what a row names is there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, not_, select

from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.tender_marks import note
from api.store.tender_tables import tender_paper_lots, tender_paper_names, tender_papers
from api.store.upserts import insert_new, insert_once
from ledger.errors import Refused
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.values import AgencyId, Digest

MOST_BYTES: Final = 2**33
"""What the papers of one tender may take together, without what was filed (proposed)."""
MOST_FILED_BYTES: Final = 2**30
"""What parties' filings on one tender may take together (proposed)."""
_TABLE: Final = tender_papers.c
_NAMES: Final = tender_paper_names.c
_LIST: Final = "papers"
_AT_ONCE: Final = 200
_FILED: Final = (PaperRole.QUESTION, PaperRole.OBJECTION, PaperRole.COMPLAINT)
_FILED_ROOM: Final = and_(_TABLE.brought_by == "", _TABLE.role.in_([each.value for each in _FILED]))


@dataclass(eq=False)
class TenderSpaceFull(Refused):
    """The papers of one tender, the filings on it, or one's share of these, fill their bytes."""

    limit: int


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper as stored; `brought_by` an account, empty for what the service computed."""

    tender: TenderId
    digest: Digest
    role: PaperRole
    agency: AgencyId
    size: int
    media_type: str
    brought_by: str
    kept_at: int

    @property
    def is_filed(self) -> bool:
        """Whether a party filed it, which anybody may do: such papers have a room of their own."""
        return not self.brought_by and self.role in _FILED


class TenderPaperStore:
    """The papers of all tenders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        row: PaperRow,
        names: Collection[bytes] = (),
        goes_with: bytes | None = None,
        lots: Collection[int] = (),
    ) -> bool:
        """Note a paper that is kept, and the files and lots it names; return whether it is new.

        `goes_with` is a paper that it belongs to, as a file to the manifest that names it. What it
        named already it has named since then. Raises `TenderSpaceFull` as `require_room`.
        """
        values = {
            "tender": row.tender,
            "digest": row.digest,
            "role": row.role.value,
            "agency": row.agency,
            "size": row.size,
            "media_type": row.media_type,
            "brought_by": row.brought_by,
            "kept_at": row.kept_at,
        }
        named = [
            {"tender": row.tender, "manifest": row.digest, "digest": each} for each in set(names)
        ]
        if goes_with is not None:
            named.append({"tender": row.tender, "manifest": goes_with, "digest": row.digest})
        place = {"tender": row.tender, "role": row.role.value, "digest": row.digest}
        told = [{**place, "lot": lot, "named_at": row.kept_at} for lot in set(lots)]
        with self._database.write() as connection:
            insert_new(connection, tender_paper_lots, told)
            if _found(connection, row.tender, row.digest, row.role):
                if told:
                    note(connection, row.tender)
                return False
            _require_room(connection, row)
            is_new = insert_once(connection, tender_papers, values)
            insert_new(connection, tender_paper_names, named)
            note(connection, row.tender)
            return is_new

    def require_room(self, row: PaperRow) -> None:
        """Raise `TenderSpaceFull` unless the paper may lie here too."""
        with self._database.read() as connection:
            _require_room(connection, row)

    def left_for_filings(self, tender: TenderId) -> int:
        """Return how many bytes may still be filed on a tender."""
        with self._database.read() as connection:
            return MOST_FILED_BYTES - _kept(connection, tender, _FILED_ROOM)

    def of(self, tender: TenderId, digest: bytes) -> tuple[PaperRow, ...]:
        """Return a paper of a tender in every role that it has."""
        query = select(tender_papers).where(_TABLE.tender == tender, _TABLE.digest == digest)
        with self._database.read() as connection:
            return tuple(map(_row, connection.execute(query.order_by(_TABLE.seq))))

    def going_with(self, tender: TenderId, role: PaperRole, other: bytes) -> tuple[PaperRow, ...]:
        """Return the papers of a role that go with another of the tender, as they came."""
        same = (_NAMES.tender == tender, _NAMES.manifest == other)
        query = select(tender_papers).where(
            _TABLE.tender == tender,
            _TABLE.role == role.value,
            _TABLE.digest.in_(select(_NAMES.digest).where(*same)),
        )
        with self._database.read() as connection:
            return tuple(map(_row, connection.execute(query.order_by(_TABLE.seq))))

    def agency(self, tender: TenderId) -> AgencyId | None:
        """Return whose tender papers were brought for; None where there are none."""
        query = select(_TABLE.agency).where(_TABLE.tender == tender).limit(1)
        with self._database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else AgencyId(found)

    def after(
        self, tender: TenderId, cursor: str | None, limit: int
    ) -> Sequence[tuple[str, PaperRow]]:
        """Return papers of a tender as they came, with the cursor behind each.

        Raises `CursorMalformed`.
        """
        start = 0 if cursor is None else number_of(_LIST, tender, cursor)
        query = select(tender_papers).where(_TABLE.tender == tender, _TABLE.seq > start)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(_TABLE.seq).limit(limit)).all()
        return [(cursor_of(_LIST, tender, each.seq), _row(each)) for each in found]

    def digests(self) -> Iterator[Digest]:
        """Yield the digest of every paper of every tender, read some at a time."""
        last = 0
        while True:
            query = select(_TABLE.seq, _TABLE.digest).where(_TABLE.seq > last)
            with self._database.read() as connection:
                rows = connection.execute(query.order_by(_TABLE.seq).limit(_AT_ONCE)).all()
            yield from (Digest(row.digest) for row in rows)
            if not rows:
                return
            last = rows[-1].seq

    def naming(
        self, tender: TenderId, digests: Collection[bytes]
    ) -> Mapping[bytes, frozenset[bytes]]:
        """Return by paper what it goes with: manifests of a tender that name it, a record."""
        query = select(_NAMES.digest, _NAMES.manifest).where(
            _NAMES.tender == tender, _NAMES.digest.in_(digests)
        )
        found: dict[bytes, set[bytes]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.digest, set()).add(row.manifest)
        return {digest: frozenset(manifests) for digest, manifests in found.items()}


def _found(connection: Connection, tender: TenderId, digest: bytes, role: PaperRole) -> bool:
    same = (_TABLE.tender == tender, _TABLE.digest == digest, _TABLE.role == role.value)
    return connection.execute(select(_TABLE.seq).where(*same)).first() is not None


def _require_room(connection: Connection, row: PaperRow) -> None:
    room = _FILED_ROOM if row.is_filed else not_(_FILED_ROOM)
    limit = MOST_FILED_BYTES if row.is_filed else MOST_BYTES
    if _kept(connection, row.tender, room) + row.size > limit:
        raise TenderSpaceFull(limit)


def _kept(connection: Connection, tender: TenderId, room: ColumnElement[bool]) -> int:
    kept = select(func.coalesce(func.sum(_TABLE.size), 0)).where(_TABLE.tender == tender, room)
    return int(connection.execute(kept).scalar_one())


def _row(found: Row[Any]) -> PaperRow:
    return PaperRow(
        tender=TenderId(found.tender),
        digest=Digest(found.digest),
        role=PaperRole(found.role),
        agency=AgencyId(found.agency),
        size=found.size,
        media_type=found.media_type,
        brought_by=found.brought_by,
        kept_at=found.kept_at,
    )
