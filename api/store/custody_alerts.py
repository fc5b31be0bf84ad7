"""Alerts about trips as stored: one of a cause and event, with all that was done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.store.cursors import cursor_of, number_of
from api.store.custody_tables import custody_alert_acts, custody_alerts, custody_trips
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.upserts import insert_once
from ledger.errors import Refused
from ledger.health.alerts import Alert, AlertAct, AlertEvent, Cause, Finding, Level
from ledger.values import AgencyId

_LIST: Final = "custody alerts"


@dataclass(eq=False)
class AlertUnknown(Refused):
    """There is no alert of this name, or not any more."""

    alert: bytes


@dataclass(eq=False)
class AlertMoved(Refused):
    """Somebody else acted on the alert meanwhile. Look at it again."""

    alert: bytes


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert about a trip after its event number `event`; `id` 16 random bytes."""

    id: bytes
    agency: AgencyId
    event: int
    alert: Alert


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Alerts, newest first; `next_cursor` None at the end."""

    rows: tuple[AlertRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class LateTrip:
    """A live trip whose next event is overdue, with no alert about that yet."""

    id: bytes
    agency: AgencyId


class AlertStore:
    """The alerts that were raised."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def late(self, now: int, most: int) -> tuple[LateTrip, ...]:
        """Return at most so many trips that nobody was asked about since they are late."""
        trips, alerts = custody_trips.c, custody_alerts.c
        asked = select(alerts.id).where(
            alerts.trip == trips.id,
            alerts.event == trips.events - 1,
            alerts.cause == str(Cause.OVERDUE),
        )
        query = (
            select(trips.id, trips.agency)
            .where(trips.ended_at.is_(None), trips.due > 0, trips.due < now, ~asked.exists())
            .order_by(trips.due)
            .limit(most)
        )
        with self._database.read() as connection:
            return tuple(LateTrip(*row) for row in connection.execute(query))

    def add_all(self, rows: Sequence[AlertRow], settlement: Settlement | None = None) -> int:
        """Store alerts about one trip that are not there yet; return how many were new.

        None is where another event came meanwhile, which may be the answer. Raises
        `RequestInFlight` when the request was answered meanwhile.
        """
        with self._database.write() as connection:
            settle(connection, settlement)
            return sum(_insert(connection, row) for row in rows)

    def get(self, alert: bytes) -> AlertRow:
        """Return an alert; raise `AlertUnknown`."""
        query = select(custody_alerts).where(custody_alerts.c.id == alert)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise AlertUnknown(alert)
            return _rows(connection, [row])[0]

    def of_trip(self, trip: bytes) -> tuple[AlertRow, ...]:
        """Return the alerts about a trip, oldest first."""
        columns = custody_alerts.c
        query = select(custody_alerts).where(columns.trip == trip).order_by(columns.seq)
        with self._database.read() as connection:
            return _rows(connection, connection.execute(query).all())

    def page(self, agency: AgencyId, cursor: str | None, limit: int) -> AlertPage:
        """Return up to `limit` of an agency's open ones, newest first; raise `CursorMalformed`."""
        columns = custody_alerts.c
        query = select(custody_alerts).where(columns.agency == agency, columns.finding.is_(None))
        if cursor is not None:
            query = query.where(columns.seq < number_of(_LIST, agency, cursor))
        with self._database.read() as connection:
            found = connection.execute(query.order_by(columns.seq.desc()).limit(limit + 1)).all()
            shown = found[:limit]
            rows = _rows(connection, shown)
        more = cursor_of(_LIST, agency, shown[-1].seq) if len(found) > limit else None
        return AlertPage(rows, more)

    def act(self, before: AlertRow, after: Alert, settlement: Settlement | None) -> None:
        """Store an alert after one more act.

        Raises `AlertMoved` when another came meanwhile, and `RequestInFlight`.
        """
        acts = custody_alert_acts.c
        with self._database.write() as connection:
            settle(connection, settlement)
            held = select(custody_alerts.c.id).where(custody_alerts.c.id == before.id)
            connection.execute(held.with_for_update())
            known = select(acts.seq).where(acts.alert == before.id)
            if len(connection.execute(known).all()) != len(before.alert.events):
                raise AlertMoved(before.id)
            store_alert_acts(
                connection, before.id, after.events[-1], level=after.level, finding=after.finding
            )


def store_alert_acts(
    connection: Connection,
    alert: bytes,
    act: AlertEvent,
    *,
    level: Level | None = None,
    finding: Finding | None = None,
) -> None:
    """Store an act, and what the alert is thereafter, as part of a caller's transaction."""
    values: dict[str, Any] = {"finding": None if finding is None else str(finding)}
    if level is not None:
        values["level"] = int(level)
    open_ = (custody_alerts.c.id == alert) & custody_alerts.c.finding.is_(None)
    if connection.execute(update(custody_alerts).where(open_).values(values)).rowcount != 1:
        raise AlertMoved(alert)
    _insert_act(connection, alert, act)


def delete_alerts(connection: Connection, trips: Sequence[bytes]) -> None:
    """Delete all alerts about trips, as part of a caller's transaction."""
    theirs = select(custody_alerts.c.id).where(custody_alerts.c.trip.in_(trips))
    of_them = custody_alert_acts.c.alert.in_(theirs)
    connection.execute(delete(custody_alert_acts).where(of_them))
    connection.execute(delete(custody_alerts).where(custody_alerts.c.trip.in_(trips)))


def _insert(connection: Connection, row: AlertRow) -> bool:
    trips = custody_trips.c
    still = (trips.id == row.alert.trip) & (trips.events == row.event + 1)
    if connection.execute(select(trips.id).where(still).with_for_update()).first() is None:
        return False
    values = {
        "id": row.id,
        "agency": row.agency,
        "trip": row.alert.trip,
        "event": row.event,
        "cause": str(row.alert.cause),
        "level": int(row.alert.level),
    }
    if not insert_once(connection, custody_alerts, values):
        return False
    for each in row.alert.events:
        _insert_act(connection, row.id, each)
    return True


def _insert_act(connection: Connection, alert: bytes, act: AlertEvent) -> None:
    values = {"alert": alert, "act": str(act.act), "at": act.at, "by": act.by}
    connection.execute(insert(custody_alert_acts).values(values))


def _rows(connection: Connection, found: Sequence[Row[Any]]) -> tuple[AlertRow, ...]:
    acts = custody_alert_acts.c
    query = select(custody_alert_acts).where(acts.alert.in_([row.id for row in found]))
    done: dict[bytes, list[AlertEvent]] = {}
    for row in connection.execute(query.order_by(acts.seq)):
        done.setdefault(row.alert, []).append(AlertEvent(AlertAct(row.act), row.at, row.by))
    return tuple(_row(row, tuple(done[row.id])) for row in found)


def _row(row: Row[Any], acts: tuple[AlertEvent, ...]) -> AlertRow:
    finding = None if row.finding is None else Finding(row.finding)
    alert = Alert(row.trip, Cause(row.cause), Level(row.level), acts, finding)
    return AlertRow(row.id, row.agency, row.event, alert)
