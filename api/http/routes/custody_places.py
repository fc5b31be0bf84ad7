"""The places of travellers in custody: registered by their agency, known to everybody."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenCustody
from api.http.routes.health_appeals import AgencyInQuery
from api.http.routes.licences import signed_in
from api.http.schemas.custody import (
    ClosureAnswer,
    ClosureForm,
    PlaceAnswer,
    PlaceForm,
    PlacesAnswer,
)
from api.services.idempotency import KeptAnswer
from api.services.refusals import CursorMalformed, PlaceOfAnotherKind, PlaceUnknown
from ledger.canonical import EncodingNotCanonical
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable
from ledger.health.custody_places import Place
from ledger.keys import PointInvalid
from ledger.values import agency_id

MOST = 100
CursorInQuery = Annotated[str | None, Query(max_length=64)]
LimitInQuery = Annotated[int, Query(ge=1, le=MOST)]
router = APIRouter(prefix="/v1/health/custody", tags=["custody"], route_class=KeyedRoute)


@router.post(
    "/places",
    status_code=201,
    response_model=PlaceAnswer,
    responses=signed_in(
        AgencyUnknown,
        AgencyNotActive,
        PlaceOfAnotherKind,
        PointInvalid,
        EncodingNotCanonical,
        *KEYED,
        *JSON_BODY,
    ),
)
def register(form: PlaceForm, by: Caller, custody: GivenCustody, ticket: GivenTicket) -> Response:
    """Register a place, or give it other keys; for accounts with the agency's role REGISTRAR.

    A checkpoint has the name that its gates write into the scan log.
    """
    keep = keeping(ticket, _registered)
    return respond(_registered(custody.places.register(form.agency.id(), form.order(), by, keep)))


@router.get("/places", responses=problems(CursorMalformed, Unavailable))
def places(
    agency: AgencyInQuery,
    custody: GivenCustody,
    cursor: CursorInQuery = None,
    limit: LimitInQuery = 50,
) -> PlacesAnswer:
    """List an agency's places, newest first, with the keys that sign for them."""
    return PlacesAnswer.of(custody.places.page(agency_id(*agency.split("/")), cursor, limit))


@router.post(
    "/places/closures",
    status_code=201,
    response_model=ClosureAnswer,
    responses=signed_in(PlaceUnknown, *KEYED, *JSON_BODY),
)
def close(form: ClosureForm, by: Caller, custody: GivenCustody, ticket: GivenTicket) -> Response:
    """End a place's role: it takes nobody over any more, and lets go of whom it has."""

    def closed(at: int) -> KeptAnswer:
        return json_answer(ClosureAnswer(code=form.code, until=at), 201)

    keep = keeping(ticket, closed)
    return respond(closed(custody.places.close(form.agency.id(), form.code, by, keep)))


def _registered(place: Place) -> KeptAnswer:
    return json_answer(PlaceAnswer.of(place), 201)
