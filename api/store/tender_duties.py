"""How far tenders have come, by what tells of it: a mark that changes when duties may have."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from api.store.database import Database
from api.store.tender_marks import tender_marks, tender_notes
from api.store.tender_tables import tender_paper_lots, tender_papers
from ledger.tenders.duties import Brought
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole

_MARKS: Final = tender_marks.c
_NOTES: Final = tender_notes.c
_PAPERS: Final = tender_papers.c
_LOTS: Final = tender_paper_lots.c
_PUBLISHED: Final = (PaperRole.AWARD.value, PaperRole.CONTRACT.value)


@dataclass(frozen=True, slots=True)
class Mark:
    """The place of a tender's last event, and how many papers and filings came for it."""

    block: int
    block_hash: bytes
    log_index: int
    notes: int


class DutyStore:
    """Marks of all published tenders, and the papers that tell of what was done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def marks(self) -> dict[TenderId, Mark]:
        """Return the mark of every tender that an event tells of: one row each."""
        query = select(tender_marks, func.coalesce(_NOTES.number, 0).label("notes"))
        both = query.outerjoin(tender_notes, _NOTES.tender == _MARKS.tender)
        with self._database.read() as connection:
            return {
                TenderId(row.tender): Mark(row.block, row.block_hash, row.log_index, row.notes)
                for row in connection.execute(both)
            }

    def brought(self, tender: TenderId) -> Brought:
        """Return the papers that were brought for a tender."""
        place = (_LOTS.role, _LOTS.lot)
        named = select(*place, func.max(_LOTS.named_at)).where(_LOTS.tender == tender)
        published = (_PAPERS.tender == tender, _PAPERS.role.in_(_PUBLISHED))
        digests = select(_PAPERS.digest).where(*published)
        with self._database.read() as connection:
            rows = connection.execute(named.group_by(*place))
            at = {(PaperRole(role), lot): named_at for role, lot, named_at in rows}
            return Brought(at, frozenset(connection.execute(digests).scalars()))
