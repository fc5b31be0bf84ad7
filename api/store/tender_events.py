"""The tender ledgers' events: one table for all, since nobody asks for one kind of them alone.

Written by the projection at the end alone, deleted by block. What an event says stands as JSON
(`ledger.tenders.event_json`); a tender's events in chain order are its state.
"""

import json
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Row, Table, Text

from api.store.tables import metadata
from ledger.events import Event, Place
from ledger.tenders.event_json import event_of, members_of

tender_events: Final = Table(
    "event_tender",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tender_id", LargeBinary),
    Column("members", Text, nullable=False),
    Index("event_tender_tender_id", "tender_id", "block", "log_index"),
    Index("event_tender_kind", "kind", "block", "log_index"),
)
"""`tender_id` is null for a policy."""


def tender_values(happened: Event) -> tuple[Any, ...]:
    """Return an event of the tender ledgers as its row, in the order of the columns."""
    at = happened.place
    members = json.dumps(members_of(happened), separators=(",", ":"), sort_keys=True)
    return (
        *(at.block, at.log_index, at.block_hash, at.block_time, at.transaction),
        type(happened).__name__,
        getattr(happened, "tender_id", None),
        members,
    )


def tender_event(row: Row[Any]) -> Event:
    """Return a row as the event."""
    return event_of(row.kind, place_of(row), json.loads(row.members))


def place_of(row: Row[Any]) -> Place:
    """Return where a row's event was emitted."""
    return Place(row.block, row.block_hash, row.block_time, row.transaction, row.log_index)
