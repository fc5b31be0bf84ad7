"""Filings on tenders by whoever has no live key: taken in by the service, which signs for them."""

from fastapi import APIRouter, Depends, Request, Response

from api.http.auth import Caller
from api.http.forms import HexDigest
from api.http.idempotency import KEYED, KeyedRoute, declare_key, json_answer, respond
from api.http.limits import address_of
from api.http.openapi import JSON_BODY
from api.http.ports import GivenFilings
from api.http.routes.licences import signed_in
from api.http.schemas.tender_filings import FiledAnswer, FilingForm, FilingsAnswer
from api.services.issuers import SigningKeyMissing
from api.services.refusals import TenderSpaceFull, TooManyFilings
from ledger.errors import AgencyNotActive
from ledger.tenders.contract_errors import ObjectionUnknown
from ledger.tenders.errors import LotUnknown, ObjectionFirst, TenderUnknown
from ledger.tenders.ids import TenderId

router = APIRouter(prefix="/v1/tenders/{tender}/filings", tags=["tenders"], route_class=KeyedRoute)


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


@router.get("", responses=signed_in(TenderUnknown))
def listed(tender: HexDigest, by: Caller, filings: GivenFilings) -> FilingsAnswer:
    """List what was filed on a tender, the newest first. Its tenderers and supervisors alone."""
    return FilingsAnswer.of(filings.listed(TenderId(tender), by))
