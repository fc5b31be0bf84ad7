"""How far tenders have come, by what tells of it: a mark that changes when duties may have."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from api.store.database import Database
from api.store.tender_events import tender_events
from api.store.tender_tables import tender_filings, tender_papers
from ledger.tenders.duties import Brought
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole

_EVENTS = tender_events.c
_FILINGS = tender_filings.c
_PAPERS = tender_papers.c
_PUBLISHED: Final = (PaperRole.AWARD.value, PaperRole.CONTRACT.value)


@dataclass(frozen=True, slots=True)
class Mark:
    """A tender's last event, its last filing, and the papers that were brought for it."""

    block: int
    block_hash: bytes
    log_index: int
    filing: int
    brought: Brought


class DutyStore:
    """Marks of all published tenders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def marks(self) -> dict[TenderId, Mark]:
        """Return the mark of every tender that an event tells of."""
        last = select(_EVENTS.tender_id, func.max(_EVENTS.block).label("block"))
        last_block = last.where(_EVENTS.tender_id.is_not(None)).group_by(_EVENTS.tender_id)
        newest = last_block.subquery()
        same = (_EVENTS.tender_id == newest.c.tender_id) & (_EVENTS.block == newest.c.block)
        rows = select(_EVENTS.tender_id, _EVENTS.block, _EVENTS.block_hash, _EVENTS.log_index)
        filed = select(_FILINGS.tender, func.max(_FILINGS.seq)).group_by(_FILINGS.tender)
        with self._database.read() as connection:
            filings = {row[0]: row[1] for row in connection.execute(filed)}
            brought = _brought(connection)
            in_order = rows.join(newest, same).order_by(_EVENTS.log_index)
            return {
                TenderId(row.tender_id): Mark(
                    row.block,
                    row.block_hash,
                    row.log_index,
                    filings.get(row.tender_id, 0),
                    brought.get(row.tender_id, Brought()),
                )
                for row in connection.execute(in_order)
            }


def _brought(connection: Connection) -> dict[bytes, Brought]:
    latest = select(_PAPERS.tender, _PAPERS.role, func.max(_PAPERS.kept_at))
    digests = select(_PAPERS.tender, _PAPERS.digest).where(_PAPERS.role.in_(_PUBLISHED))
    at: defaultdict[bytes, dict[PaperRole, int]] = defaultdict(dict)
    published: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for tender, role, kept_at in connection.execute(latest.group_by(_PAPERS.tender, _PAPERS.role)):
        at[tender][PaperRole(role)] = kept_at
    for tender, digest in connection.execute(digests):
        published[tender].add(digest)
    return {tender: Brought(roles, frozenset(published[tender])) for tender, roles in at.items()}
