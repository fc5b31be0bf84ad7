"""Appeals against what a gate decided: lodged by number, answered in writing."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenAppeals
from api.http.routes.health_scans import NumberInPath
from api.http.routes.licences import signed_in
from api.http.schemas.health_appeals import (
    AppealAnswer,
    AppealAnswerForm,
    AppealForm,
    AppealsAnswer,
)
from api.services.health_appeals import AppealView
from api.services.idempotency import KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.refusals import (
    AppealAnswered,
    AppealUnknown,
    CursorMalformed,
    ScanErased,
    ScanUnknown,
)
from ledger.errors import Unavailable
from ledger.health.appeals import AppealRefused
from ledger.values import agency_id

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)
MOST: Final = 200
"""Open appeals told at once."""
AgencyInQuery = Annotated[
    str, Query(pattern="^[^/]{1,32}/[^/]{1,64}$", examples=["XB/SAMPLE-HEALTH"])
]


@router.post(
    "/appeals",
    status_code=201,
    response_model=AppealAnswer,
    responses={
        200: {"model": AppealAnswer, "description": "The scan was appealed against earlier."},
        **problems(ScanUnknown, ScanErased, AppealRefused, *JSON_BODY, Unavailable),
    },
)
def lodge(form: AppealForm, appeals: GivenAppeals) -> Response:
    """Appeal against a scan; anybody may who has its number. The answer says until when."""
    view = appeals.lodge(form.scan)
    return respond(json_answer(AppealAnswer.of(view), 201 if view.is_new else 200))


@router.get("/appeals", responses=signed_in(CursorMalformed))
def open_appeals(
    agency: AgencyInQuery,
    by: Caller,
    appeals: GivenAppeals,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> AppealsAnswer:
    """Give an agency's open appeals, those that wait longest first."""
    return AppealsAnswer.of(appeals.open(agency_id(*agency.split("/")), by, cursor, limit))


@router.get("/appeals/{number}", responses=problems(AppealUnknown, Unavailable))
def appeal(number: NumberInPath, appeals: GivenAppeals) -> AppealAnswer:
    """Give the appeal against a scan, and its answer, to anybody who has the scan's number."""
    return AppealAnswer.of(appeals.appeal(number))


@router.post(
    "/appeals/{number}/answer",
    status_code=201,
    response_model=AppealAnswer,
    responses=signed_in(
        AppealUnknown,
        AppealAnswered,
        AppealRefused,
        ScanErased,
        SigningKeyMissing,
        *KEYED,
        *JSON_BODY,
    ),
)
def answer(
    number: NumberInPath,
    form: AppealAnswerForm,
    by: Caller,
    appeals: GivenAppeals,
    ticket: GivenTicket,
) -> Response:
    """Answer an appeal in writing, after its verdict was recomputed from the cited versions.

    For accounts with the agency's role REGISTRAR; the agency's key signs it. An overturned refusal
    names the new pass.
    """
    view = appeals.answer(number, form.answer.encode(), by, keeping(ticket, _answered))
    return respond(_answered(view))


def _answered(view: AppealView) -> KeptAnswer:
    return json_answer(AppealAnswer.of(view), 201)
