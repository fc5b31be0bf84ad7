"""Trips as stored: event after event in one chain, anchored one by one, erased as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from api.store.cursors import cursor_of, number_of
from api.store.custody_alerts import delete_alerts, store_alert_acts
from api.store.custody_places import key_at, point_of
from api.store.custody_tables import custody_events, custody_trips
from api.store.database import Database
from api.store.health_scans import Receipts, insert_erasure, spend_scan
from api.store.idempotency import Settlement, settle
from api.store.records import NOT_KEPT, RecordRow, insert_records
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.health.alerts import AlertEvent, Finding
from ledger.health.custody_steps import Step
from ledger.keys import PublicKey
from ledger.values import AgencyId, Digest, RecordKind

_LIST: Final = "trips"
_Due = tuple[AgencyId, bytes, int]
"""Agency, trip, and how many events it has."""


@dataclass(eq=False)
class TripUnknown(Refused):
    """There is no trip of this name."""

    trip: bytes


@dataclass(eq=False)
class TripErased(Refused):
    """The trip was erased; `erasure` is the id of the receipt."""

    trip: bytes
    erasure: bytes


@dataclass(eq=False)
class TripTaken(Refused):
    """Another trip has this name. Draw a new one."""

    trip: bytes


@dataclass(eq=False)
class TripLive(Refused):
    """The driver has another trip that is not over; there is one at a time."""


@dataclass(eq=False)
class TripMoved(Refused):
    """Another event came into the trip meanwhile. Continue from the newest one."""

    trip: bytes


@dataclass(frozen=True, slots=True)
class TripRow:
    """A trip as stored; times in Unix seconds, `events` how many it has.

    `exemption` is a driver's, `sealed` whom an arrival's is about; `site` the consignee's place.
    `erase_at` is known once it has ended.
    """

    id: bytes
    agency: AgencyId
    exemption: bytes | None
    site: str | None
    key: PublicKey
    sealed: bytes | None = field(repr=False)
    state: Step
    events: int
    due: int
    ended_at: int | None
    erase_at: int | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it came; `sampled_at` only of an admission.

    `scan` is the number of the one that the admission spends: it is not kept with the event.
    """

    seq: int
    digest: Digest
    document: bytes = field(repr=False)
    received_at: int
    sampled_at: int | None = None
    scan: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ClosedAlert:
    """An alert that the event answers: its id, what closes it, and with what finding."""

    id: bytes
    act: AlertEvent
    finding: Finding


@dataclass(frozen=True, slots=True)
class TripPage:
    """Trips, newest first; `next_cursor` None at the end."""

    rows: tuple[TripRow, ...]
    next_cursor: str | None


class TripStore:
    """The trips that agencies keep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, trip: TripRow, event: EventRow) -> bool:
        """Store a trip with its first event, which waits to be anchored; return whether it is new.

        Raises `TripTaken`, `TripLive`, and `TripErased` for one that was here before.
        """
        with self._database.write() as connection:
            if not insert_once(connection, custody_trips, _values(trip)):
                return self._refuse_or_known(connection, trip, event)
            if (erasure := _erasure(connection, trip.id)) is not None:
                raise TripErased(trip.id, erasure)
            _insert_event(connection, trip, event)
        return True

    def append(
        self,
        trip: TripRow,
        event: EventRow,
        closed: Sequence[ClosedAlert] = (),
        settlement: Settlement | None = None,
    ) -> None:
        """Store one more event, `trip` as it is thereafter, and close the alerts it answers.

        Raises `TripMoved` when another event came meanwhile, `ScanSpent` for a scan that let
        somebody in before, and `RequestInFlight`.
        """
        mine = (custody_trips.c.id == trip.id) & (custody_trips.c.events == event.seq)
        changed = ("state", "events", "due", "ended_at", "erase_at")
        values = {name: value for name, value in _values(trip).items() if name in changed}
        with self._database.write() as connection:
            settle(connection, settlement)
            updated = update(custody_trips).where(mine).values(values)
            if connection.execute(updated).rowcount != 1:
                raise TripMoved(trip.id)
            if event.scan is not None:
                spend_scan(connection, event.scan)
            _insert_event(connection, trip, event)
            for each in closed:
                store_alert_acts(connection, each.id, each.act, finding=each.finding)

    def get(self, trip: bytes) -> TripRow:
        """Return a trip; raise `TripUnknown` or `TripErased`."""
        return self.whole(trip)[0]

    def whole(self, trip: bytes) -> tuple[TripRow, tuple[EventRow, ...]]:
        """Return a trip and its events in order; raise as `get`."""
        columns = custody_events.c
        query = select(custody_events).where(columns.trip == trip).order_by(columns.seq)
        with self._database.read() as connection:
            row = connection.execute(_one(trip)).one_or_none()
            found = connection.execute(query).all()
        if row is not None:
            return _row(row), tuple(map(_event, found))
        erasure = found[0].erasure if found else None
        if erasure is not None:
            raise TripErased(trip, erasure)
        raise TripUnknown(trip)

    def page(self, agency: AgencyId, cursor: str | None, limit: int, *, is_live: bool) -> TripPage:
        """Return up to `limit` of an agency's trips, newest first; raise `CursorMalformed`."""
        columns = custody_trips.c
        query = select(custody_trips).where(columns.agency == agency)
        if is_live:
            query = query.where(columns.ended_at.is_(None))
        if cursor is not None:
            query = query.where(columns.seq < number_of(_LIST, agency, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(columns.seq.desc()).limit(limit + 1)).all()
        shown = found[:limit]
        more = cursor_of(_LIST, agency, shown[-1].seq) if len(found) > limit else None
        return TripPage(tuple(map(_row, shown)), more)

    def of_exemption(self, exemption: bytes) -> tuple[TripRow, ...]:
        """Return a driver's trips, oldest first."""
        columns = custody_trips.c
        query = select(custody_trips).where(columns.exemption == exemption).order_by(columns.seq)
        with self._database.read() as connection:
            return tuple(map(_row, connection.execute(query)))

    def erase_due(self, now: int, most: int, receipts: Receipts) -> int:
        """Erase trips that are due, with a receipt an agency for at most so many events.

        Returns how many events went. Trip, person, places and alerts go; digests stay.
        """
        columns = custody_trips.c
        query = (
            select(columns.agency, columns.id, columns.events)
            .where(columns.erase_at <= now)
            .order_by(columns.erase_at, columns.seq)
            .limit(most)
        )
        with self._database.write() as connection:
            found = connection.execute(query.with_for_update(skip_locked=True)).all()
            taken = _at_most([(row.agency, row.id, row.events) for row in found], most)
            due: dict[AgencyId, list[bytes]] = {}
            for agency, trip, _ in taken:
                due.setdefault(agency, []).append(trip)
            for agency, trips in due.items():
                _erase(connection, agency, trips, receipts)
        return sum(events for *_, events in taken)

    def _refuse_or_known(self, connection: Connection, trip: TripRow, event: EventRow) -> bool:
        known = connection.execute(_one(trip.id)).one_or_none()
        if known is None:
            raise TripLive
        query = select(custody_events.c.digest).where(
            custody_events.c.trip == trip.id, custody_events.c.seq == 0
        )
        same = connection.execute(query).scalar_one() == event.digest
        if not same or known.agency != trip.agency:
            raise TripTaken(trip.id)
        return False


def _at_most(found: Sequence[_Due], most: int) -> list[_Due]:
    """The first of the trips that have no more events together, but one at least."""
    taken: list[_Due] = []
    count = 0
    for each in found:
        count += each[2]
        if taken and count > most:
            break
        taken.append(each)
    return taken


def _erase(
    connection: Connection, agency: AgencyId, trips: Sequence[bytes], receipts: Receipts
) -> None:
    theirs = custody_events.c.trip.in_(trips)
    digests = connection.execute(select(custody_events.c.digest).where(theirs)).scalars().all()
    receipt = receipts(agency, digests)
    insert_erasure(connection, receipt)
    gone = {"document": None, "received_at": None, "sampled_at": None, "erasure": receipt.id}
    connection.execute(update(custody_events).where(theirs).values(gone))
    delete_alerts(connection, trips)
    connection.execute(delete(custody_trips).where(custody_trips.c.id.in_(trips)))


def _insert_event(connection: Connection, trip: TripRow, event: EventRow) -> None:
    kind, at = RecordKind.HEALTH_CUSTODY, event.received_at
    insert_records(connection, [RecordRow(event.digest, trip.agency, kind, NOT_KEPT, at)])
    values = {
        "trip": trip.id,
        "seq": event.seq,
        "digest": event.digest,
        "document": event.document,
        "received_at": event.received_at,
        "sampled_at": event.sampled_at,
    }
    connection.execute(insert(custody_events).values(values))


def _erasure(connection: Connection, trip: bytes) -> bytes | None:
    query = select(custody_events.c.erasure).where(custody_events.c.trip == trip).limit(1)
    found: bytes | None = connection.execute(query).scalar_one_or_none()
    return found


def _one(trip: bytes) -> Select[Any]:
    return select(custody_trips).where(custody_trips.c.id == trip)


def _values(trip: TripRow) -> dict[str, Any]:
    return {
        "id": trip.id,
        "agency": trip.agency,
        "exemption": trip.exemption,
        "site": trip.site,
        "point": point_of(trip.key),
        "sealed": trip.sealed,
        "state": str(trip.state),
        "events": trip.events,
        "due": trip.due,
        "ended_at": trip.ended_at,
        "erase_at": trip.erase_at,
    }


def _event(row: Row[Any]) -> EventRow:
    return EventRow(row.seq, row.digest, row.document, row.received_at, row.sampled_at)


def _row(row: Row[Any]) -> TripRow:
    return TripRow(
        id=row.id,
        agency=row.agency,
        exemption=row.exemption,
        site=row.site,
        key=key_at(row.point),
        sealed=row.sealed,
        state=Step(row.state),
        events=row.events,
        due=row.due,
        ended_at=row.ended_at,
        erase_at=row.erase_at,
    )
