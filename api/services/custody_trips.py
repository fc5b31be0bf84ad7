"""Trips: declared or landed, then event by event, each signed by whoever its step asks for.

Who brings an event proves nothing and needs no account: it counts by the signatures on it. Each is
stored as it came and anchored; one that comes again is answered as the first time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api.services.custody_admissions import Admission, Admissions
from api.services.custody_exemptions import Exemptions
from api.services.custody_people import CustodyPeople, RegistrationRefused
from api.services.custody_places import CustodyPlaces
from api.services.custody_reading import TripReader, TripView, trip_of
from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.custody_alerts import AlertStore
from api.store.custody_exemptions import ExemptionRow
from api.store.custody_trips import (
    ClosedAlert,
    EventRow,
    TripLive,
    TripMoved,
    TripRow,
    TripStore,
)
from ledger.errors import Refused
from ledger.health import custody, custody_events
from ledger.health.alerts import WATCH, AlertAct, AlertEvent, Cause, Finding
from ledger.health.custody import CustodyRefused, Event, Fault, Trip
from ledger.health.custody_events import SignedEvent
from ledger.health.custody_places import check_places, keys_of
from ledger.health.custody_steps import FIRST, KEEPS, Kind, Party, Step
from ledger.health.exemptions import ExemptionState
from ledger.health.signed import kid_of
from ledger.keys import PublicKey
from ledger.values import Address, AgencyId, Role, health_record_type

AHEAD_SECONDS: Final = 300
"""How far a place's clock may be ahead of this one.

Fixed: clocks that follow a network differ by seconds, and what is refused for it is not lost, since
an event can be brought again.
"""
CUSTODY: Final = health_record_type("custody")


@dataclass(eq=False)
class DriverNotListed(Refused):
    """The driver is not on the exemption list at that time."""

    state: ExemptionState


@dataclass(frozen=True, slots=True)
class Opening:
    """The first event of a trip: of a driver with their exemption, of an arrival with who it is."""

    agency: AgencyId
    document: bytes
    exemption: bytes | None = None
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class TripPorts:
    """What trips are kept and judged with."""

    store: TripStore
    alerts: AlertStore
    reader: TripReader
    places: CustodyPlaces
    exemptions: Exemptions
    admissions: Admissions
    people: CustodyPeople
    policies: CitedPolicies
    issuers: Issuers
    roles: Roles


class Trips:
    """Keeps the trips of travellers in custody."""

    def __init__(
        self,
        ports: TripPorts,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._ports = ports
        self._clock = clock
        self._randomness = randomness

    def open(self, opening: Opening) -> TripView:
        """Open a trip with its first event; the same twice is the same trip.

        Raises:
            AgencyUnknown, AgencyNotActive, AccreditationMissing: for the agency.
            CustodyMalformed, ClaimsInvalid, SignatureInvalid, CustodyRefused: for the event.
            ExemptionUnknown, DriverNotListed, TripLive: for a driver.
            RegistrationRefused and what `CustodyPeople.told` raises: for an arrival.
            TripTaken, TripErased: for the name of another trip, or of one that is over long since.
        """
        self._ports.issuers.accredited(opening.agency, CUSTODY)
        found = custody_events.read(opening.document)
        self._check_time(found.event)
        kind = FIRST.get(found.event.step)
        if kind is None:
            raise CustodyRefused(Fault.STEP)
        row = self._driver(opening, found) if kind is Kind.DRIVER else self._arrival(opening, found)
        event = EventRow(0, found.digest, found.encoded, self._clock())
        is_new = self._ports.store.open(row, event)
        return replace(self._ports.reader.trip(row.id), is_new=is_new)

    def append(self, trip: bytes, document: bytes, admission: Admission | None = None) -> TripView:
        """Take one more event into a trip; one that is in already stays as it is.

        Raises:
            TripUnknown, TripErased, TripMoved: as things stand.
            CustodyMalformed, ClaimsInvalid, SignatureInvalid, CustodyRefused: for the event.
            AdmissionRefused, ScanUnknown, ScanErased, ScanSpent, DriverNotListed: for an
                admission.
        """
        row, rows = self._ports.store.whole(trip)
        found = custody_events.read(document)
        if any(each.digest == found.digest for each in rows):
            return self._ports.reader.view(row, rows)
        event = found.event
        self._check_time(event)
        before = trip_of(row, rows)
        signers = self._signers(row, before, found)
        self._check_places(row.agency, event, FIRST[before.first])
        after = custody.follow(before, event, found.digest, signers)
        sampled_at = scan = None
        if event.step is Step.ADMITTED:
            self._require_listed(row.exemption, event.at)
            scan, sampled_at = self._ports.admissions.check(row.agency, event, admission)
        elif admission is not None:
            raise CustodyRefused(Fault.STEP)
        stored = EventRow(event.seq, found.digest, document, self._clock(), sampled_at, scan)
        self._append(row, before, after, stored, lambda _row: None)
        return replace(self._ports.reader.trip(trip), is_new=True)

    def order(
        self,
        trip: bytes,
        step: Step,
        place: str | None,
        by: Address,
        keep: Keep[TripView] | None,
    ) -> TripView:
        """Release an arrival, hand a traveller over to a hospital, or let an overdue trip lapse.

        The event is the health authority's, and signed here with the agency's key.

        Raises:
            TripUnknown, TripErased, TripMoved, CustodyRefused: as things stand.
            RoleMissing: unless `by` is REGISTRAR of the agency.
            AgencyUnknown and its kin, SigningKeyMissing: on our side.
        """
        row, rows = self._ports.store.whole(trip)
        self._ports.roles.require(by, row.agency, Role.REGISTRAR)
        before = trip_of(row, rows)
        event = self._ordered(before, step, place)
        self._check_places(row.agency, event, FIRST[before.first])
        signer = self._ports.issuers.for_records(row.agency, CUSTODY).signer
        signature = custody_events.sign(event, Party.HEALTH_AUTHORITY, signer)
        found = custody_events.read(custody_events.assemble(event, [signature]))
        after = custody.follow(before, event, found.digest, {Party.HEALTH_AUTHORITY})
        stored = EventRow(event.seq, found.digest, found.encoded, self._clock())

        def kept(after_row: TripRow) -> TripView:
            return self._ports.reader.view(after_row, (*rows, stored))

        return self._append(row, before, after, stored, kept, keep)

    def _driver(self, opening: Opening, found: SignedEvent) -> TripRow:
        if opening.exemption is None or opening.sealed is not None:
            raise RegistrationRefused("exemption")
        exemption = self._ports.exemptions.get(opening.exemption)
        if exemption.agency != opening.agency:
            raise RegistrationRefused("agency")
        event = found.event
        now = self._clock()
        for at in (event.at, now):
            self._require_listed(exemption.id, at)
        self._require_no_other_trip(exemption)
        if event.due <= now:
            raise CustodyRefused(Fault.DUE)
        kids = [each.kid for each in found.signatures if each.party is Party.CONSIGNEE]
        keyed = {
            key: site.code
            for site in self._ports.places.sites(opening.agency, kids)
            for key in site.keys_at(event.at)
        }
        self._begin(opening.agency, found, exemption.key, tuple(keyed))
        site = next(code for key, code in keyed.items() if kid_of(key.key_id) in kids)
        row = _first_row(opening.agency, event, exemption.key)
        return replace(row, exemption=exemption.id, site=site)

    def _arrival(self, opening: Opening, found: SignedEvent) -> TripRow:
        if opening.sealed is None or opening.exemption is not None:
            raise RegistrationRefused("traveller")
        told = self._ports.people.told(opening.agency, opening.sealed, Kind.ARRIVAL)
        if told.subject != found.event.trip:
            raise RegistrationRefused("trip")
        self._begin(opening.agency, found, told.key, ())
        return replace(_first_row(opening.agency, found.event, told.key), sealed=told.sealed)

    def _begin(
        self, agency: AgencyId, found: SignedEvent, key: PublicKey, sites: Sequence[PublicKey]
    ) -> None:
        find = self._ports.places.finder(agency)
        signers = found.signers(keys_of(found.event, "", key, sites, find))
        custody.begin(found.event, found.digest, signers)
        check_places(found.event, FIRST[found.event.step], find)

    def _signers(self, row: TripRow, before: Trip, found: SignedEvent) -> frozenset[Party]:
        find = self._ports.places.finder(row.agency)
        return found.signers(keys_of(found.event, before.custodian, row.key, (), find))

    def _check_places(self, agency: AgencyId, event: Event, kind: Kind) -> None:
        check_places(event, kind, self._ports.places.finder(agency))

    def _check_time(self, event: Event) -> None:
        if event.at > self._clock() + AHEAD_SECONDS:
            raise CustodyRefused(Fault.TIME)

    def _require_listed(self, exemption: bytes | None, at: int) -> None:
        assert exemption is not None, "a driver's trip names an exemption"
        state = self._ports.exemptions.get(exemption).exemption.state_at(at)
        if state is not ExemptionState.LISTED:
            raise DriverNotListed(state)

    def _require_no_other_trip(self, exemption: ExemptionRow) -> None:
        """Under this exemption the store looks; under the one before, nobody opens trips by now."""
        for other in self._ports.exemptions.others(exemption):
            trips = self._ports.store.of_exemption(other.id)
            if any(trip.ended_at is None for trip in trips):
                raise TripLive

    def _ordered(self, before: Trip, step: Step, place: str | None) -> Event:
        here = before.expected_at if place is None else place
        return Event(
            trip=before.last.trip,
            seq=before.last.seq + 1,
            step=step,
            at=max(self._clock(), before.last.at),
            place=here,
            custodian=before.custodian if step in KEEPS else here,
            next_custodian="",
            due=0,
            previous=before.digest,
            random=self._randomness(custody.RANDOM_BYTES),
        )

    def _append(
        self,
        row: TripRow,
        before: Trip,
        after: Trip,
        stored: EventRow,
        view: Callable[[TripRow], TripView | None],
        keep: Keep[TripView] | None = None,
    ) -> TripView:
        now = self._clock()
        ended = None if after.is_live else now
        kept = self._ports.policies.custody_retention(row.agency, now)
        changed = replace(
            row,
            state=after.state,
            events=after.last.seq + 1,
            due=after.last.due,
            ended_at=ended,
            erase_at=None if ended is None else ended + kept,
        )
        shown = view(changed)
        settlement = None if keep is None or shown is None else keep(shown)
        closed = self._answered(before, after.last.at)
        try:
            self._ports.store.append(changed, stored, closed, settlement)
        except TripMoved:
            if not any(each.digest == stored.digest for each in self._ports.store.whole(row.id)[1]):
                raise
        return shown or self._ports.reader.trip(row.id)

    def _answered(self, before: Trip, at: int) -> list[ClosedAlert]:
        """The alerts that an event answers which happened in time and was only told late."""
        if not before.last.due > 0 or at > before.last.due:
            return []
        act = AlertEvent(AlertAct.CLOSE, self._clock(), WATCH)
        return [
            ClosedAlert(each.id, act, Finding.NO_SIGNAL)
            for each in self._ports.alerts.of_trip(before.last.trip)
            if each.alert.is_open and each.alert.cause is Cause.OVERDUE
        ]


def _first_row(agency: AgencyId, event: Event, key: PublicKey) -> TripRow:
    return TripRow(
        id=event.trip,
        agency=agency,
        exemption=None,
        site=None,
        key=key,
        sealed=None,
        state=event.step,
        events=1,
        due=event.due,
        ended_at=None,
        erase_at=None,
    )
