"""Trips of drivers and arrivals: events signed by whoever answers, and a traveller's own view."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.limits import PacedStranger
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenCustody
from api.http.routes.custody_places import CursorInQuery, LimitInQuery
from api.http.routes.health_appeals import AgencyInQuery
from api.http.routes.licences import signed_in
from api.http.schemas.custody_trips import (
    EventForm,
    HospitalForm,
    OverdueForm,
    OwnAnswer,
    OwnForm,
    ReleaseForm,
    TripAnswer,
    TripForm,
    TripsAnswer,
)
from api.http.schemas.health_scans import HexId
from api.services.custody_admissions import AdmissionRefused
from api.services.custody_own import CustodyViewRefused
from api.services.custody_people import RegistrationRefused
from api.services.custody_reading import TripView
from api.services.custody_trips import DriverNotListed
from api.services.health_keys import HealthKeyMissing
from api.services.idempotency import KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.refusals import (
    CursorMalformed,
    ExemptionUnknown,
    ScanErased,
    ScanSpent,
    ScanUnknown,
    TripErased,
    TripLive,
    TripMoved,
    TripTaken,
    TripUnknown,
)
from ledger.age import SealedForAnother, SealedMalformed
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    LedgerError,
    Unavailable,
)
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody import CustodyRefused
from ledger.health.custody_events import CustodyMalformed
from ledger.health.custody_steps import Step
from ledger.keys import SignatureInvalid
from ledger.values import agency_id

router = APIRouter(prefix="/v1/health/custody", tags=["custody"], route_class=KeyedRoute)


def _brought(*errors: type[LedgerError]) -> Responses:
    known = {"model": TripAnswer, "description": "The event came earlier."}
    return {
        200: known,
        **problems(
            CustodyMalformed,
            ClaimsInvalid,
            SignatureInvalid,
            CustodyRefused,
            DriverNotListed,
            TripErased,
            *errors,
            *JSON_BODY,
            Unavailable,
        ),
    }


def _ordered() -> Responses:
    return signed_in(
        TripUnknown,
        TripErased,
        TripMoved,
        CustodyRefused,
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        SigningKeyMissing,
        *KEYED,
        *JSON_BODY,
    )


@router.post(
    "/trips",
    status_code=201,
    response_model=TripAnswer,
    responses=_brought(
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        ExemptionUnknown,
        RegistrationRefused,
        HealthKeyMissing,
        SealedMalformed,
        SealedForAnother,
        TripLive,
        TripTaken,
    ),
)
def begin(form: TripForm, custody: GivenCustody, _: PacedStranger) -> Response:
    """Open a trip with its first event: declared by driver and consignee, or landed.

    Whoever brings the event needs no account: it counts by the signatures on it.
    """
    return _brought_answer(custody.trips.open(form.opening()))


@router.get("/trips", responses=signed_in(CursorMalformed))
def trips(  # the parts of a query
    agency: AgencyInQuery,
    by: Caller,
    custody: GivenCustody,
    live: Annotated[bool, Query(description="Those alone that are not over.")] = True,  # noqa: FBT002  # a query
    cursor: CursorInQuery = None,
    limit: LimitInQuery = 50,
) -> TripsAnswer:
    """List an agency's trips, newest first, for its accounts."""
    id_ = agency_id(*agency.split("/"))
    rows, more = custody.reader.page(id_, by, cursor, limit, is_live=live)
    return TripsAnswer.of([(row, custody.reader.is_late(row)) for row in rows], more)


@router.get("/trips/{trip}", responses=problems(TripUnknown, TripErased, Unavailable))
def trip(trip: HexId, custody: GivenCustody) -> TripAnswer:
    """Give a trip to anybody who has its id of 128 random bits; it names places and nobody."""
    return TripAnswer.of(custody.reader.trip(trip))


@router.post(
    "/trips/{trip}/events",
    status_code=201,
    response_model=TripAnswer,
    responses=_brought(
        TripUnknown, TripMoved, AdmissionRefused, ScanUnknown, ScanErased, ScanSpent
    ),
)
def append(trip: HexId, form: EventForm, custody: GivenCustody, _: PacedStranger) -> Response:
    """Continue a trip with one more event; whoever brings it needs no account.

    An admission goes by a scan of the checkpoint's gate. `ScanUnknown` may pass: a gate that was
    off line sends its log later.
    """
    return _brought_answer(custody.trips.append(trip, form.event, form.admitted()))


@router.post(
    "/trips/{trip}/release",
    status_code=201,
    response_model=TripAnswer,
    responses=_ordered(),
)
def release(
    trip: HexId, _: ReleaseForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Release an arrival from the facility, as the health authority; for REGISTRARs.

    The event is signed here with the agency's key.
    """
    keep = keeping(ticket, _closed)
    return respond(_closed(custody.trips.order(trip, Step.RELEASED, None, by, keep)))


@router.post(
    "/trips/{trip}/hospital",
    status_code=201,
    response_model=TripAnswer,
    responses=_ordered(),
)
def transfer(
    trip: HexId, form: HospitalForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Hand a traveller over to a hospital, as the health authority; for REGISTRARs."""
    keep = keeping(ticket, _closed)
    return respond(_closed(custody.trips.order(trip, Step.TRANSFERRED, form.place, by, keep)))


@router.post(
    "/trips/{trip}/lapse",
    status_code=201,
    response_model=TripAnswer,
    responses=_ordered(),
)
def lapse(
    trip: HexId, _: OverdueForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """End a trip that is overdue and that its traveller cannot go on with, for REGISTRARs.

    Who lost the key signs no hand-over; without this they could never declare another trip.
    """
    keep = keeping(ticket, _closed)
    return respond(_closed(custody.trips.order(trip, Step.LAPSED, None, by, keep)))


@router.post("/views", responses=problems(CustodyViewRefused, TripErased, *JSON_BODY, Unavailable))
def own(form: OwnForm, custody: GivenCustody, _: PacedStranger) -> OwnAnswer:
    """Show travellers all that is kept about their own trips; their key signs the request."""
    return OwnAnswer.of(custody.own.view(form.request))


def _brought_answer(view: TripView) -> Response:
    return respond(json_answer(TripAnswer.of(view), 201 if view.is_new else 200))


def _closed(view: TripView) -> KeptAnswer:
    return json_answer(TripAnswer.of(view), 201)
