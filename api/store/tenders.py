"""Tenders as the projection has them: their events in chain order, and what those leave."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, Select, or_, select

from api.store.database import Database
from api.store.tender_events import tender_event, tender_events
from ledger.events import Event
from ledger.tenders.events import PolicyRegistered, TenderEvent
from ledger.tenders.history import tenders_of
from ledger.tenders.ids import TenderId
from ledger.tenders.state import TenderState

_TABLE: Final = tender_events.c
_POLICY: Final = PolicyRegistered.__name__


class TenderStore:
    """Tenders by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tender(self, tender: TenderId) -> TenderState | None:
        """Return a tender; None where it was never published."""
        with self._database.read() as connection:
            found = _events(connection, _of(tender))
            return tenders_of(_ours(found)).get(tender)

    def events(self, tender: TenderId) -> tuple[TenderEvent, ...]:
        """Return what happened to a tender, in chain order; nothing where it is unknown."""
        with self._database.read() as connection:
            found = _events(connection, select(tender_events).where(_TABLE.tender_id == tender))
            return tuple(each for each in found if isinstance(each, TenderEvent))


def _of(tender: TenderId) -> Select[tuple[object, ...]]:
    """A tender's own events, and the policies, one of which it names."""
    return select(tender_events).where(or_(_TABLE.tender_id == tender, _TABLE.kind == _POLICY))


def _events(connection: Connection, query: Select[tuple[object, ...]]) -> Iterator[Event]:
    in_order = query.order_by(_TABLE.block, _TABLE.log_index)
    return map(tender_event, connection.execute(in_order))


def _ours(found: Iterable[Event]) -> Iterator[TenderEvent | PolicyRegistered]:
    return (each for each in found if isinstance(each, TenderEvent | PolicyRegistered))
