"""How far each tender has come: the place of its last event, and how often papers were noted.

To group all events of all tenders costs more with every year; these rows cost what happens. Marks
are the projection's, derived from its events and deleted with them; notes count what came to the
service, which no reorganisation undoes.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    Table,
    delete,
    insert,
    select,
    update,
)

from api.store.tables import metadata
from api.store.tender_events import tender_events
from api.store.upserts import insert_new, upsert
from ledger.events import Event
from ledger.tenders.events import TenderEvent

tender_marks: Final = Table(
    "tender_marks",
    metadata,
    Column("tender", LargeBinary, primary_key=True),
    Column("block", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("log_index", BigInteger, nullable=False),
)
"""The last event of each tender."""

tender_notes: Final = Table(
    "tender_notes",
    metadata,
    Column("tender", LargeBinary, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""How many papers and filings came for each tender."""

_EVENTS: Final = tender_events.c
_NAMES: Final = ("tender", "block", "block_hash", "log_index")


def advance_marks(connection: Connection, happened: Iterable[Event]) -> None:
    """Move marks on by events in chain order that follow all that are in."""
    last = {
        each.tender_id: _row(
            each.tender_id, each.place.block, each.place.block_hash, each.place.log_index
        )
        for each in happened
        if isinstance(each, TenderEvent)
    }
    upsert(connection, tender_marks, list(last.values()))


def marked_above(connection: Connection, block: int) -> frozenset[bytes]:
    """Return the tenders of which something was told above a block."""
    above = tender_marks.c.block > block
    return frozenset(connection.execute(select(tender_marks.c.tender).where(above)).scalars())


def rebuild_marks(connection: Connection, tenders: Iterable[bytes]) -> None:
    """Set tenders' marks to what their events say; one without events has none."""
    place = (_EVENTS.block.desc(), _EVENTS.log_index.desc())
    for tender in sorted(tenders):
        connection.execute(delete(tender_marks).where(tender_marks.c.tender == tender))
        own = select(_EVENTS.block, _EVENTS.block_hash, _EVENTS.log_index)
        found = connection.execute(own.where(_EVENTS.tender_id == tender).order_by(*place).limit(1))
        for block, block_hash, log_index in found:
            row = _row(tender, block, block_hash, log_index)
            connection.execute(insert(tender_marks).values(row))


def note(connection: Connection, tender: bytes) -> None:
    """Count that something came for a tender, in the transaction that keeps it."""
    insert_new(connection, tender_notes, [{"tender": tender, "number": 0}])
    own = tender_notes.c.tender == tender
    connection.execute(update(tender_notes).where(own).values(number=tender_notes.c.number + 1))


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(_NAMES, values, strict=True))
