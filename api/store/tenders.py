"""Tenders as the projection has them: their events in chain order, and what those leave."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, or_, select, tuple_

from api.store.bid_uploads import FilePlace
from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.tender_events import place_of, tender_event, tender_events
from ledger.events import Event, Place
from ledger.tenders import events
from ledger.tenders.events import (
    PolicyRegistered,
    SecretRecovered,
    TenderEvent,
    TenderPublished,
    TrusteeReleased,
)
from ledger.tenders.history import tenders_of
from ledger.tenders.ids import TenderId
from ledger.tenders.state import TenderState

_TABLE: Final = tender_events.c
_POLICY: Final = PolicyRegistered.__name__
_OPENING: Final = (TrusteeReleased.__name__, SecretRecovered.__name__)
_LIST: Final = "tenders"
_OF_TIME: Final = tuple(
    cls.__name__
    for cls in (
        PolicyRegistered,
        TenderPublished,
        events.TenderAmended,
        events.TenderHeld,
        events.HoldLifted,
        events.TenderResumed,
        events.TenderTerminated,
        events.TenderVoided,
    )
)
"""Kinds of events that tell until when tenders receive."""
_LOGS: Final = 2**20
"""More logs than a block has: a place as one number, block first."""


@dataclass(frozen=True, slots=True)
class TenderPage:
    """Some tenders' ids, the newest first, and the cursor behind them; None at the end."""

    tenders: tuple[TenderId, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class FeedRow:
    """An event of the tender ledgers as others read it."""

    kind: str
    place: Place
    members: Mapping[str, Any]


class TenderStore:
    """Tenders by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tender(self, tender: TenderId) -> TenderState | None:
        """Return a tender; None where it was never published."""
        return self.told(tender)[0]

    def told(self, tender: TenderId) -> tuple[TenderState | None, Place | None]:
        """Return a tender as `tender` does, and the place of the last event about it."""
        found = self.history(tender)
        own = [each.place for each in found if isinstance(each, TenderEvent)]
        return tenders_of(found).get(tender), own[-1] if own else None

    def timed(self) -> tuple[TenderState, ...]:
        """Return all tenders as far as their terms and times go; nobody's bids are in them."""
        with self._database.read() as connection:
            found = _events(connection, select(tender_events).where(_TABLE.kind.in_(_OF_TIME)))
            return tuple(tenders_of(_ours(found)).values())

    def page(self, cursor: str | None, limit: int) -> TenderPage:
        """Return tenders, the newest first; raise `CursorMalformed`."""
        query = select(_TABLE.tender_id, _TABLE.block, _TABLE.log_index).where(
            _TABLE.kind == TenderPublished.__name__
        )
        if cursor is not None:
            behind = divmod(number_of(_LIST, b"", cursor), _LOGS)
            query = query.where(tuple_(_TABLE.block, _TABLE.log_index) < behind)
        newest = query.order_by(_TABLE.block.desc(), _TABLE.log_index.desc())
        with self._database.read() as connection:
            rows = connection.execute(newest.limit(limit + 1)).all()
        shown = tuple(TenderId(row.tender_id) for row in rows[:limit])
        if len(rows) <= limit:
            return TenderPage(shown, None)
        last = rows[limit - 1]
        return TenderPage(shown, cursor_of(_LIST, b"", last.block * _LOGS + last.log_index))

    def feed(
        self, after: tuple[int, int], until: int, limit: int, without: Sequence[str]
    ) -> tuple[FeedRow, ...]:
        """Return what was said after a place, up to the end of block `until`, in chain order.

        `without` are kinds of events to leave out.
        """
        query = select(tender_events).where(
            tuple_(_TABLE.block, _TABLE.log_index) > after,
            _TABLE.block <= until,
            _TABLE.kind.not_in(without),
        )
        in_order = query.order_by(_TABLE.block, _TABLE.log_index).limit(limit)
        with self._database.read() as connection:
            return tuple(
                FeedRow(row.kind, place_of(row), json.loads(row.members))
                for row in connection.execute(in_order)
            )

    def opening(self, since: int) -> tuple[TenderId, ...]:
        """Return the tenders of which a secret that opens was posted since then, in block time."""
        query = (
            select(_TABLE.tender_id)
            .where(_TABLE.kind.in_(_OPENING), _TABLE.block_time >= since)
            .distinct()
            .order_by(_TABLE.tender_id)
        )
        with self._database.read() as connection:
            return tuple(TenderId(each) for each in connection.execute(query).scalars())

    def named(self, files: Collection[bytes]) -> Mapping[bytes, FilePlace]:
        """Return of which bid each of the files is that a bid on the chain ever named."""
        query = select(tender_events).where(_TABLE.kind == events.BidSubmitted.__name__)
        found: dict[bytes, FilePlace] = {}
        with self._database.read() as connection:
            for told in _events(connection, query):
                assert isinstance(told, events.BidSubmitted)
                for number, part in enumerate(told.bid.parts, 1):
                    if part.file in files:
                        found.setdefault(part.file, FilePlace(told.tender_id, told.lot, number))
        return found

    def history(self, tender: TenderId) -> tuple[TenderEvent | PolicyRegistered, ...]:
        """Return a tender's events in chain order, and the policies'."""
        with self._database.read() as connection:
            return tuple(_ours(_events(connection, _of(tender))))

    def events(self, tender: TenderId, since: Place | None = None) -> tuple[TenderEvent, ...]:
        """Return what happened to a tender, in chain order; nothing where it is unknown.

        With `since` only what happened there and after.
        """
        query = select(tender_events).where(_TABLE.tender_id == tender)
        if since is not None:
            at = (since.block, since.log_index)
            query = query.where(tuple_(_TABLE.block, _TABLE.log_index) >= at)
        with self._database.read() as connection:
            found = _events(connection, query)
            return tuple(each for each in found if isinstance(each, TenderEvent))


def _of(tender: TenderId) -> Select[tuple[object, ...]]:
    """A tender's own events, and the policies, one of which it names."""
    return select(tender_events).where(or_(_TABLE.tender_id == tender, _TABLE.kind == _POLICY))


def _events(connection: Connection, query: Select[tuple[object, ...]]) -> Iterator[Event]:
    in_order = query.order_by(_TABLE.block, _TABLE.log_index)
    return map(tender_event, connection.execute(in_order))


def _ours(found: Iterable[Event]) -> Iterator[TenderEvent | PolicyRegistered]:
    return (each for each in found if isinstance(each, TenderEvent | PolicyRegistered))
