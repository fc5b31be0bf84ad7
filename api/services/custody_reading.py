"""Trips as they are shown: to whoever has a trip's id, and to the agency that keeps them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.services.progress import stage_of
from api.services.sign_ins import Roles
from api.store.batches import BatchStore
from api.store.custody_trips import EventRow, TripRow, TripStore
from api.store.records import RecordUnknown
from ledger.health import custody_events
from ledger.health.custody import Event, Trip
from ledger.health.custody_steps import Step
from ledger.values import Address, AgencyId, Digest, Stage


@dataclass(frozen=True, slots=True)
class TripEvent:
    """An event of a trip, and how far it is on its way; `sampled_at` only of an admission."""

    row: EventRow
    event: Event
    stage: Stage


@dataclass(frozen=True, slots=True)
class TripView:
    """A trip after its events so far."""

    row: TripRow
    trip: Trip
    events: Sequence[TripEvent]
    is_late: bool
    is_new: bool = False


class TripReader:
    """Shows trips."""

    def __init__(
        self, store: TripStore, batches: BatchStore, roles: Roles, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._batches = batches
        self._roles = roles
        self._clock = clock

    def trip(self, trip: bytes) -> TripView:
        """Return a trip, for anybody who has its id of 128 random bits.

        Raises `TripUnknown` or `TripErased`.
        """
        return self.view(*self._store.whole(trip))

    def of_exemption(self, exemption: bytes) -> Sequence[TripView]:
        """Return a driver's trips that are kept, oldest first."""
        return [
            self.view(*self._store.whole(row.id)) for row in self._store.of_exemption(exemption)
        ]

    def page(
        self, agency: AgencyId, by: Address, cursor: str | None, limit: int, *, is_live: bool
    ) -> tuple[Sequence[TripRow], str | None]:
        """Return an agency's trips, newest first, and the next cursor.

        Raises `RoleMissing` unless `by` acts for the agency, and `CursorMalformed`.
        """
        self._roles.require_any(by, agency)
        page = self._store.page(agency, cursor, limit, is_live=is_live)
        return page.rows, page.next_cursor

    def is_late(self, row: TripRow) -> bool:
        """Whether a trip's next event is overdue now."""
        return row.ended_at is None and 0 < row.due < self._clock()

    def view(self, row: TripRow, rows: Sequence[EventRow]) -> TripView:
        """Return a trip with these events, stored or about to be."""
        events = [
            TripEvent(
                each,
                custody_events.read(each.document).event,
                self._stage(each.digest),
            )
            for each in rows
        ]
        return TripView(row, trip_of(row, rows), events, self.is_late(row))

    def _stage(self, digest: Digest) -> Stage:
        try:
            return stage_of(self._batches.place_of(digest))
        except RecordUnknown:  # it is about to be stored
            return Stage.ISSUED


def trip_of(row: TripRow, rows: Sequence[EventRow]) -> Trip:
    """Return a trip after its events, at least one."""
    first = Step.DECLARED if row.exemption is not None else Step.LANDED
    return Trip(first, custody_events.read(rows[-1].document).event, rows[-1].digest)
