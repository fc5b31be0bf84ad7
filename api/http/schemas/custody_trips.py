"""Trips, alerts about them, and a traveller's own view as JSON."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import Answer, Form, GivenMoment, HexDigest, Moment
from api.http.schemas.custody import ActAnswer, ExemptionAnswer, PlaceCode
from api.http.schemas.health_codes import Octets
from api.http.schemas.health_scans import HexId, ScanNumber
from api.http.schemas.shared import AgencyName
from api.services.custody_admissions import Admission
from api.services.custody_alerts import Sighting
from api.services.custody_own import OwnView
from api.services.custody_reading import TripEvent, TripView
from api.services.custody_trips import Opening
from api.services.refusals import AlertRow, TripRow
from ledger.health.alerts import AlertAct, Cause, Finding
from ledger.health.custody_steps import FIRST, Kind, Step
from ledger.values import Stage

LevelName = Literal["message", "call", "visit"]
FindingName = Annotated[Finding, Field(strict=False)]


class TripForm(Form):
    """The first event of a trip; of a driver with the exemption, of an arrival with `traveller`.

    `traveller` is who arrives, sealed to the agency's recipient.
    """

    agency: AgencyName
    event: Octets
    exemption: HexId | None = None
    traveller: Octets | None = None

    def opening(self) -> Opening:
        """Return what opens the trip."""
        return Opening(self.agency.id(), self.event, self.exemption, self.traveller)


class AdmissionForm(Form):
    """What lets a driver in: the number of the gate's scan, and when a sample was taken."""

    scan: ScanNumber
    sampled_at: GivenMoment


class EventForm(Form):
    """One more event of a trip; `admission` goes with the step `admitted` alone."""

    event: Octets
    admission: AdmissionForm | None = None

    def admitted(self) -> Admission | None:
        """Return the admission."""
        given = self.admission
        return None if given is None else Admission(given.scan, given.sampled_at)


class ReleaseForm(Form):
    """Nothing: the traveller is released where they are."""


class OverdueForm(Form):
    """Nothing: the trip is over where the traveller was expected."""


class HospitalForm(Form):
    """The hospital that takes the traveller over."""

    place: PlaceCode


class EventAnswer(Answer):
    """An event as it was signed, and how far it is on its way; its proof is under its digest."""

    seq: int
    step: Step
    at: Moment
    place: str
    custodian: str | None
    next_custodian: str | None
    due: Moment | None
    received_at: Moment
    sampled_at: Moment | None
    digest: HexDigest
    stage: Stage
    document: Octets

    @classmethod
    def of(cls, found: TripEvent) -> Self:
        """Return the event as JSON."""
        event = found.event
        return cls(
            seq=event.seq,
            step=event.step,
            at=event.at,
            place=event.place,
            custodian=event.custodian or None,
            next_custodian=event.next_custodian or None,
            due=event.due or None,
            received_at=found.row.received_at,
            sampled_at=found.row.sampled_at,
            digest=found.row.digest,
            stage=found.stage,
            document=found.row.document,
        )


class TripAnswer(Answer):
    """A trip and its events; the next one names `digest` as the one before."""

    trip: HexId
    kind: Kind
    state: Step
    is_live: bool
    is_late: bool
    custodian: str | None
    expected_at: str
    site: str | None
    due: Moment | None
    digest: HexDigest
    events: list[EventAnswer]

    @classmethod
    def of(cls, view: TripView) -> Self:
        """Return the trip as JSON."""
        trip = view.trip
        return cls(
            trip=view.row.id,
            kind=FIRST[trip.first],
            state=trip.state,
            is_live=trip.is_live,
            is_late=view.is_late,
            custodian=trip.custodian or None,
            expected_at=trip.expected_at,
            site=view.row.site,
            due=trip.last.due or None,
            digest=trip.digest,
            events=[EventAnswer.of(each) for each in view.events],
        )


class TripLine(Answer):
    """A trip in a list."""

    trip: HexId
    kind: Kind
    state: Step
    is_live: bool
    is_late: bool
    due: Moment | None


class TripsAnswer(Answer):
    """A page of trips, newest first; `nextCursor` null at the end."""

    trips: list[TripLine]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[tuple[TripRow, bool]], cursor: str | None) -> Self:
        """Return trips, each with whether it is late, as JSON."""
        lines = [
            TripLine(
                trip=row.id,
                kind=Kind.ARRIVAL if row.exemption is None else Kind.DRIVER,
                state=row.state,
                is_live=row.ended_at is None,
                is_late=is_late,
                due=row.due or None,
            )
            for row, is_late in rows
        ]
        return cls(trips=lines, next_cursor=cursor)


class SightingForm(Form):
    """What an officer was told of a trip: where the traveller is, or since when off the leg."""

    seen_at: PlaceCode | None = None
    off_leg_since: GivenMoment | None = None

    def sighting(self) -> Sighting:
        """Return what was seen."""
        return Sighting(self.seen_at or "", self.off_leg_since or 0)


class AcknowledgementForm(Form):
    """Nothing: an officer takes the alert up."""


class EscalationForm(Form):
    """Nothing: the traveller is asked in the next way."""


class ClosingForm(Form):
    """What the alert turned out to be."""

    finding: FindingName


class AlertActAnswer(Answer):
    """What was done about an alert; `by` an account, or `watch` where the service did it."""

    act: AlertAct
    at: Moment
    by: str


class AlertAnswer(Answer):
    """An alert about a trip after its event number `event`; `finding` null while it is open."""

    alert: HexId
    trip: HexId
    event: int
    cause: Cause
    level: LevelName
    finding: Finding | None
    acts: list[AlertActAnswer]

    @classmethod
    def of(cls, row: AlertRow) -> Self:
        """Return the alert as JSON."""
        it = row.alert
        level: LevelName = ("message", "call", "visit")[it.level - 1]
        return cls(
            alert=row.id,
            trip=it.trip,
            event=row.event,
            cause=it.cause,
            level=level,
            finding=it.finding,
            acts=[AlertActAnswer(act=each.act, at=each.at, by=each.by) for each in it.events],
        )


class RaisedAnswer(Answer):
    """The alerts that a sighting gave cause for, those that were there already among them."""

    alerts: list[AlertAnswer]

    @classmethod
    def of(cls, rows: Sequence[AlertRow]) -> Self:
        """Return the alerts as JSON."""
        return cls(alerts=[AlertAnswer.of(row) for row in rows])


class AlertsAnswer(Answer):
    """A page of open alerts, newest first; `nextCursor` null at the end."""

    alerts: list[AlertAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: tuple[Sequence[AlertRow], str | None]) -> Self:
        """Return the page as JSON."""
        rows, cursor = page
        return cls(alerts=[AlertAnswer.of(row) for row in rows], next_cursor=cursor)


class OwnForm(Form):
    """A request that the traveller's key signed."""

    request: Octets


class OwnAnswer(Answer):
    """All that is kept about a traveller's own trips; `exemption` null for an arrival."""

    exemption: ExemptionAnswer | None
    acts: list[ActAnswer]
    trips: list[TripAnswer]
    alerts: list[AlertAnswer]

    @classmethod
    def of(cls, view: OwnView) -> Self:
        """Return it as JSON."""
        return cls(
            exemption=None if view.exemption is None else ExemptionAnswer.of(view.exemption),
            acts=[ActAnswer.of(each) for each in view.acts],
            trips=[TripAnswer.of(each) for each in view.trips],
            alerts=[AlertAnswer.of(each) for each in view.alerts],
        )
