"""Alerts about trips: raised on time by the worker or by officers, who take up and close them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.custody_reading import trip_of
from api.services.idempotency import Keep
from api.services.sign_ins import Roles
from api.store.custody_alerts import AlertRow, AlertStore
from api.store.custody_trips import TripStore
from ledger.errors import Refused
from ledger.health import alerts
from ledger.health.alerts import WATCH, Alert, AlertAct, AlertRefused, Cause, Finding
from ledger.values import Address, AgencyId, Role

ID_BYTES: Final = 16
MOST: Final = 200
"""Alerts raised in one step."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an officer was told and is not kept: a place, or since when a device is off the leg."""

    seen_at: str = ""
    off_leg_since: int = 0


@dataclass(frozen=True, slots=True)
class AlertOrder:
    """What to do with an alert; a finding closes it."""

    act: AlertAct
    finding: Finding | None = None


class CustodyAlerts:
    """Asks about trips, for the accounts of the agency that keeps them."""

    def __init__(
        self,
        store: AlertStore,
        trips: TripStore,
        roles: Roles,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._trips = trips
        self._roles = roles
        self._clock = clock
        self._randomness = randomness

    def step(self) -> int:
        """Raise an alert about each trip that is late since; return how many."""
        now = self._clock()
        return sum(self._raise_overdue(late.id, now) for late in self._store.late(now, MOST))

    def report(
        self, trip: bytes, sighting: Sighting, by: Address, keep: Keep[Sequence[AlertRow]] | None
    ) -> Sequence[AlertRow]:
        """Raise the alerts that a sighting gives cause for; return those about this stage of it.

        Raises:
            TripUnknown, TripErased: for the trip.
            RoleMissing: unless `by` acts for the agency.
            AlertRefused: where there is nothing to ask.
        """
        row, events = self._trips.whole(trip)
        self._roles.require_any(by, row.agency)
        found, now = trip_of(row, events), self._clock()
        causes = alerts.causes(found, now, sighting.seen_at, sighting.off_leg_since)
        if not causes:
            raise AlertRefused(AlertAct.RAISE)
        known = {each.alert.cause: each for each in self._of(trip, found.last.seq)}
        rows = [
            known.get(cause)
            or self._new(row.agency, found.last.seq, alerts.raise_alert(found, cause, now, by))
            for cause in causes
        ]
        new = [each for each in rows if each.alert.cause not in known]
        self._store.add_all(new, None if keep is None else keep(rows))
        return rows

    def act(
        self, alert: bytes, order: AlertOrder, by: Address, keep: Keep[AlertRow] | None
    ) -> AlertRow:
        """Take an alert up, escalate it, or close it with what it turned out to be.

        Raises:
            AlertUnknown, AlertMoved, AlertRefused: as things stand.
            RoleMissing: unless `by` acts for the agency, to close it as REGISTRAR.
        """
        row, now = self._store.get(alert), self._clock()
        if order.act is AlertAct.CLOSE:
            self._roles.require(by, row.agency, Role.REGISTRAR)
        else:
            self._roles.require_any(by, row.agency)
        after = AlertRow(row.id, row.agency, row.event, _done(row.alert, order, now, by))
        self._store.act(row, after.alert, None if keep is None else keep(after))
        return after

    def open(
        self, agency: AgencyId, by: Address, cursor: str | None, limit: int
    ) -> tuple[Sequence[AlertRow], str | None]:
        """Return an agency's open alerts, newest first, and the next cursor.

        Raises `RoleMissing` unless `by` acts for the agency, and `CursorMalformed`.
        """
        self._roles.require_any(by, agency)
        page = self._store.page(agency, cursor, limit)
        return page.rows, page.next_cursor

    def of_trip(self, trip: bytes) -> Sequence[AlertRow]:
        """Return the alerts about a trip, oldest first."""
        return self._store.of_trip(trip)

    def _raise_overdue(self, trip: bytes, now: int) -> int:
        try:
            row, events = self._trips.whole(trip)
        except Refused:
            return 0  # erased meanwhile
        found = trip_of(row, events)
        if not found.is_late(now):
            return 0  # an event came meanwhile
        alert = alerts.raise_alert(found, Cause.OVERDUE, now, WATCH)
        return self._store.add_all([self._new(row.agency, found.last.seq, alert)])

    def _of(self, trip: bytes, event: int) -> list[AlertRow]:
        return [each for each in self._store.of_trip(trip) if each.event == event]

    def _new(self, agency: AgencyId, event: int, alert: Alert) -> AlertRow:
        return AlertRow(self._randomness(ID_BYTES), agency, event, alert)


def _done(alert: Alert, order: AlertOrder, at: int, by: Address) -> Alert:
    if order.act is AlertAct.ACKNOWLEDGE:
        return alerts.acknowledge(alert, at, by)
    if order.act is AlertAct.ESCALATE:
        return alerts.escalate(alert, at, by)
    if order.finding is None:
        raise AlertRefused(order.act)
    return alerts.close(alert, at, by, order.finding)
