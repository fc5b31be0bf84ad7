"""Sealed tenders as of the projection, and the feed of what the ledgers said of them."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from api.http.forms import HexDigest
from api.http.languages import language_of
from api.http.openapi import problems
from api.http.pages import wants_page
from api.http.ports import (
    GivenDirectory,
    GivenFilings,
    GivenOpeningCoSignatures,
    GivenTenders,
)
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.tenders import FeedAnswer, TenderAnswer, TendersAnswer
from api.http.tender_pages import VARY, page_of
from api.services.refusals import CursorMalformed
from ledger.errors import Unavailable
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.ids import TenderId

router = APIRouter(prefix="/v1/tenders", tags=["tenders"], route_class=RevalidatedRoute)
feed_router = APIRouter(prefix="/v1/feed", tags=["tenders"], route_class=RevalidatedRoute)
MOST: Final = 50
BEGINNING: Final = "0-0"
_POSITION: Final = "^(0|[1-9][0-9]{0,14})-(0|[1-9][0-9]{0,9})$"


@router.get("", responses=NOT_MODIFIED | problems(CursorMalformed, Unavailable))
def tenders(
    tenders: GivenTenders,
    directory: GivenDirectory,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> TendersAnswer:
    """List sealed tenders, the newest first, with the phases of their lots as of the head."""
    head = HeadAnswer.of(directory.head())
    return TendersAnswer.of(tenders.page(cursor, limit), head)


@router.get(
    "/{tender}",
    response_model=TenderAnswer,
    responses={
        200: {
            "description": "How the tender stands; for whoever accepts text/html a page in the "
            "language that is asked for.",
            "content": {"text/html": {}},
        },
        **NOT_MODIFIED,
        **problems(TenderUnknown, Unavailable),
    },
)
def tender(  # each is another's to give
    request: Request,
    response: Response,
    tender: HexDigest,
    tenders: GivenTenders,
    filings: GivenFilings,
    co_signatures: GivenOpeningCoSignatures,
    directory: GivenDirectory,
) -> TenderAnswer | Response:
    """Show one tender as of the head: phases, ends, suspensions; bids once a lot is opened.

    Of a recorded opening it tells who co-signed it, and who was announced to and has not.
    """
    head = HeadAnswer.of(directory.head())
    view = tenders.one(TenderId(tender))
    told = TenderAnswer.of(view, filings.of(view), co_signatures.of(view), head)
    if wants_page(request):
        return page_of(told, language_of(request.headers.get("accept-language", "")))
    response.headers["Vary"] = VARY
    return told


@feed_router.get("", responses=NOT_MODIFIED | problems(Unavailable))
def feed(
    tenders: GivenTenders,
    directory: GivenDirectory,
    after: Annotated[
        str, Query(pattern=_POSITION, max_length=26, description="Block and log index.")
    ] = BEGINNING,
) -> FeedAnswer:
    """Give the final events of the tender ledgers after a position, in chain order.

    Whoever asks with `next` of the last answer misses none. Events about bids and secrets are left
    out, and who lodged an objection: bids stand in the tender, once its lot is opened.
    """
    head = HeadAnswer.of(directory.head())
    block, _, log_index = after.partition("-")
    return FeedAnswer.of(tenders.feed((int(block), int(log_index))), after, head)
