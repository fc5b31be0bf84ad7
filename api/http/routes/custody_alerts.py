"""Alerts about trips: what is overdue or out of place, and what officers did about it."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from api.http.auth import Caller
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    json_answer,
    keeping,
    respond,
)
from api.http.openapi import JSON_BODY, Responses
from api.http.ports import GivenCustody
from api.http.routes.custody_places import CursorInQuery, LimitInQuery
from api.http.routes.health_appeals import AgencyInQuery
from api.http.routes.licences import signed_in
from api.http.schemas.custody_trips import (
    AcknowledgementForm,
    AlertAnswer,
    AlertsAnswer,
    ClosingForm,
    EscalationForm,
    RaisedAnswer,
    SightingForm,
)
from api.http.schemas.health_scans import HexId
from api.services.composition import Custody
from api.services.custody_alerts import AlertOrder
from api.services.idempotency import KeptAnswer, Ticket
from api.services.refusals import (
    AlertMoved,
    AlertRow,
    AlertUnknown,
    CursorMalformed,
    TripErased,
    TripUnknown,
)
from ledger.errors import LedgerError
from ledger.health.alerts import AlertAct, AlertRefused
from ledger.values import Address, agency_id

router = APIRouter(prefix="/v1/health/custody", tags=["custody"], route_class=KeyedRoute)


def _acted(*errors: type[LedgerError]) -> Responses:
    return signed_in(AlertRefused, *errors, *KEYED, *JSON_BODY)


@router.get("/alerts", responses=signed_in(CursorMalformed))
def alerts(
    agency: AgencyInQuery,
    by: Caller,
    custody: GivenCustody,
    cursor: CursorInQuery = None,
    limit: LimitInQuery = 50,
) -> AlertsAnswer:
    """List an agency's open alerts, newest first, for its accounts."""
    return AlertsAnswer.of(custody.alerts.open(agency_id(*agency.split("/")), by, cursor, limit))


@router.post(
    "/trips/{trip}/alerts",
    status_code=201,
    response_model=RaisedAnswer,
    responses=_acted(TripUnknown, TripErased),
)
def report(
    trip: HexId, form: SightingForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Ask about a trip that is seen elsewhere or off its leg; what was seen is not kept."""
    keep = keeping(ticket, _raised)
    return respond(_raised(custody.alerts.report(trip, form.sighting(), by, keep)))


@router.post(
    "/alerts/{alert}/acknowledgement",
    status_code=201,
    response_model=AlertAnswer,
    responses=_acted(AlertUnknown, AlertMoved),
)
def acknowledge(
    alert: HexId, _: AcknowledgementForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Take an alert up."""
    return _act(custody, alert, AlertOrder(AlertAct.ACKNOWLEDGE), by, ticket)


@router.post(
    "/alerts/{alert}/escalation",
    status_code=201,
    response_model=AlertAnswer,
    responses=_acted(AlertUnknown, AlertMoved),
)
def escalate(
    alert: HexId, _: EscalationForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Ask in the next way: by call after a message, by visit after a call."""
    return _act(custody, alert, AlertOrder(AlertAct.ESCALATE), by, ticket)


@router.post(
    "/alerts/{alert}/closure",
    status_code=201,
    response_model=AlertAnswer,
    responses=_acted(AlertUnknown, AlertMoved),
)
def close(
    alert: HexId, form: ClosingForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Close an alert with what it turned out to be; for accounts with the role REGISTRAR."""
    return _act(custody, alert, AlertOrder(AlertAct.CLOSE, form.finding), by, ticket)


def _act(
    custody: Custody, alert: bytes, order: AlertOrder, by: Address, ticket: Ticket | None
) -> Response:
    keep = keeping(ticket, _done)
    return respond(_done(custody.alerts.act(alert, order, by, keep)))


def _raised(rows: Sequence[AlertRow]) -> KeptAnswer:
    return json_answer(RaisedAnswer.of(rows), 201)


def _done(row: AlertRow) -> KeptAnswer:
    return json_answer(AlertAnswer.of(row), 201)
