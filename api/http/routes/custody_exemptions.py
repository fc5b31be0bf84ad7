"""The exemption list: applied for by drivers, decided on by registrars."""

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
from api.http.limits import PacedStranger
from api.http.openapi import JSON_BODY, Responses, problems
from api.http.ports import GivenCustody
from api.http.routes.custody_places import CursorInQuery, LimitInQuery
from api.http.routes.health_appeals import AgencyInQuery
from api.http.routes.licences import signed_in
from api.http.schemas.custody import (
    ExemptionAnswer,
    ExemptionFileAnswer,
    ExemptionForm,
    ExemptionsAnswer,
    LapseForm,
    ListingForm,
    ReinstatementForm,
    RemovalForm,
    SuspensionForm,
)
from api.http.schemas.health_scans import HexId
from api.services.composition import Custody
from api.services.custody_exemptions import ExemptionHeld, ExemptionOrder, ExemptionView
from api.services.custody_people import RegistrationRefused
from api.services.health_keys import HealthKeyMissing
from api.services.idempotency import KeptAnswer, Ticket
from api.services.refusals import (
    CursorMalformed,
    ExemptionMoved,
    ExemptionTaken,
    ExemptionUnknown,
)
from ledger.age import SealedForAnother, SealedMalformed
from ledger.errors import AgencyNotActive, AgencyUnknown, LedgerError, Unavailable
from ledger.health.exemptions import ExemptionAct, ExemptionRefused, ExemptionTermInvalid
from ledger.values import Address, agency_id

router = APIRouter(prefix="/v1/health/custody", tags=["custody"], route_class=KeyedRoute)


def _decided(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        ExemptionUnknown,
        ExemptionRefused,
        ExemptionTermInvalid,
        ExemptionMoved,
        *errors,
        *KEYED,
        *JSON_BODY,
    )


@router.post(
    "/exemptions",
    status_code=201,
    response_model=ExemptionAnswer,
    responses={
        200: {"model": ExemptionAnswer, "description": "The same application was made earlier."},
        **problems(
            AgencyUnknown,
            AgencyNotActive,
            HealthKeyMissing,
            SealedMalformed,
            SealedForAnother,
            RegistrationRefused,
            ExemptionTaken,
            *JSON_BODY,
            Unavailable,
        ),
    },
)
def apply(form: ExemptionForm, custody: GivenCustody, _: PacedStranger) -> Response:
    """Apply for the exemption list; the driver's own key signs, and no account is needed.

    What is sealed to the agency's recipient says who the driver is; nobody else reads it.
    """
    view = custody.exemptions.apply(form.agency.id(), form.sealed)
    return respond(json_answer(ExemptionAnswer.of(view), 201 if view.is_new else 200))


@router.get("/exemptions", responses=signed_in(CursorMalformed))
def exemptions(
    agency: AgencyInQuery,
    by: Caller,
    custody: GivenCustody,
    cursor: CursorInQuery = None,
    limit: LimitInQuery = 50,
) -> ExemptionsAnswer:
    """List an agency's exemptions, newest first, for its accounts; it names nobody."""
    id_ = agency_id(*agency.split("/"))
    return ExemptionsAnswer.of(custody.exemptions.page(id_, by, cursor, limit))


@router.get("/exemptions/{exemption}", responses=signed_in(ExemptionUnknown, HealthKeyMissing))
def exemption(exemption: HexId, by: Caller, custody: GivenCustody) -> ExemptionFileAnswer:
    """Show who applied, what was done, and what else they applied for; for REGISTRARs."""
    return ExemptionFileAnswer.of(custody.exemptions.file(exemption, by))


@router.post(
    "/exemptions/{exemption}/listing",
    status_code=201,
    response_model=ExemptionAnswer,
    responses=_decided(ExemptionHeld),
)
def enlist(
    exemption: HexId, form: ListingForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Put an applicant on the list until a day; for accounts with the role REGISTRAR."""
    order = ExemptionOrder(ExemptionAct.LIST, until=form.until)
    return _act(custody, exemption, order, by, ticket)


@router.post(
    "/exemptions/{exemption}/suspension",
    status_code=201,
    response_model=ExemptionAnswer,
    responses=_decided(),
)
def suspend(
    exemption: HexId, form: SuspensionForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Suspend a driver until a day, for a cause; trips under way go on."""
    order = ExemptionOrder(ExemptionAct.SUSPEND, until=form.until, cause=form.cause)
    return _act(custody, exemption, order, by, ticket)


@router.post(
    "/exemptions/{exemption}/reinstatement",
    status_code=201,
    response_model=ExemptionAnswer,
    responses=_decided(),
)
def reinstate(
    exemption: HexId,
    _: ReinstatementForm,
    by: Caller,
    custody: GivenCustody,
    ticket: GivenTicket,
) -> Response:
    """End a suspension early."""
    return _act(custody, exemption, ExemptionOrder(ExemptionAct.REINSTATE), by, ticket)


@router.post(
    "/exemptions/{exemption}/removal",
    status_code=201,
    response_model=ExemptionAnswer,
    responses=_decided(),
)
def remove(
    exemption: HexId, form: RemovalForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """Remove a driver for good; who wins an appeal applies anew."""
    order = ExemptionOrder(ExemptionAct.REMOVE, cause=form.cause)
    return _act(custody, exemption, order, by, ticket)


@router.post(
    "/exemptions/{exemption}/lapse",
    status_code=201,
    response_model=ExemptionAnswer,
    responses=_decided(),
)
def lapse(
    exemption: HexId, form: LapseForm, by: Caller, custody: GivenCustody, ticket: GivenTicket
) -> Response:
    """End a driver's time on the list early; who lost the key applies under another one."""
    order = ExemptionOrder(ExemptionAct.LAPSE, cause=form.cause)
    return _act(custody, exemption, order, by, ticket)


def _act(
    custody: Custody, exemption: bytes, order: ExemptionOrder, by: Address, ticket: Ticket | None
) -> Response:
    keep = keeping(ticket, _done)
    return respond(_done(custody.exemptions.act(exemption, order, by, keep)))


def _done(view: ExemptionView) -> KeptAnswer:
    return json_answer(ExemptionAnswer.of(view), 201)
