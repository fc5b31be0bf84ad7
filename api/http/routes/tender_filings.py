"""Filings on tenders by whoever has no live key: taken in by the service, which signs for them."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http.auth import Caller
from api.http.forms import HexDigest
from api.http.idempotency import KEYED, KeyedRoute, declare_key, json_answer, respond
from api.http.limits import address_of
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenFilings
from api.http.routes.licences import signed_in
from api.http.schemas.tender_filings import (
    FiledAnswer,
    FilingForm,
    FilingsAnswer,
    StatementAnswer,
)
from api.services.issuers import SigningKeyMissing
from api.services.refusals import CursorMalformed, TenderSpaceFull, TooManyFilings
from ledger.errors import AgencyNotActive, Unavailable
from ledger.tenders.contract_errors import ObjectionUnknown
from ledger.tenders.errors import LotUnknown, ObjectionFirst, TenderUnknown
from ledger.tenders.ids import TenderId

router = APIRouter(prefix="/v1/tenders/{tender}/filings", tags=["tenders"], route_class=KeyedRoute)
MOST: Final = 100


@router.post(
    "",
    status_code=201,
    response_model=FiledAnswer,
    dependencies=[Depends(declare_key)],
    responses={
        200: {"model": FiledAnswer, "description": "The account filed it earlier."},
        **signed_in(
            TenderUnknown,
            LotUnknown,
            ObjectionFirst,
            ObjectionUnknown,
            TooManyFilings,
            TenderSpaceFull,
            AgencyNotActive,
            SigningKeyMissing,
            *KEYED,
            *JSON_BODY,
        ),
    },
)
def file(
    tender: HexDigest, form: FilingForm, by: Caller, filings: GivenFilings, request: Request
) -> Response:
    """File a question, an objection or a complaint with any account; get a signed receipt at once.

    The text goes to the tender's officers alone. A complaint follows an objection that was answered
    or not answered in time. What nobody takes up or answers in the law's time shows as overdue in
    the tender, for the supervisor and everybody else. An account, and a network address, may file
    so often, and takes no more than a share of the room that is left.
    """
    view = filings.file(form.parsed(TenderId(tender)), by, address_of(request.scope))
    return respond(json_answer(FiledAnswer.of(view), 201 if view.is_new else 200))


@router.get("", responses=signed_in(TenderUnknown, CursorMalformed))
def listed(
    tender: HexDigest,
    by: Caller,
    filings: GivenFilings,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> FilingsAnswer:
    """List what was filed on a tender, the newest first. Its tenderers and supervisors alone."""
    return FilingsAnswer.of(*filings.listed(TenderId(tender), by, cursor, limit))


@router.get(
    "/answers",
    responses=problems(TenderUnknown, AgencyNotActive, SigningKeyMissing, Unavailable),
)
def answers(tender: HexDigest, filings: GivenFilings) -> StatementAnswer:
    """Give the signed list of what papers answered or refused, as of now, without who filed it.

    What is filed and not in it was not answered by paper. An answer to a question is everybody's to
    read among the tender's papers, any other that of whoever filed.
    """
    return StatementAnswer(statement=filings.answers(TenderId(tender)))
