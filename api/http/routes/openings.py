"""Openings of sealed tenders: public once a lot is opened; files and signals for officers."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from api.http.auth import Caller
from api.http.forms import HexAddress, HexDigest
from api.http.openapi import problems
from api.http.ports import GivenDirectory, GivenOpenings
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.routes.licences import signed_in
from api.http.schemas.openings import OpeningAnswer, SignalsAnswer
from api.http.schemas.shared import HeadAnswer
from api.http.strict import StrictRoute
from api.services.refusals import BlobUnknown
from ledger.errors import RoleMissing, Unavailable
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import LotUnknown, PartUnknown, TenderNotOpen, TenderUnknown
from ledger.tenders.ids import MAX_LOTS, TenderId

_PREFIX: Final = "/v1/tenders/{tender}/lots/{lot}"
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=RevalidatedRoute)
officers = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)
LotInPath = Annotated[int, Path(ge=0, lt=MAX_LOTS, description="The lot, from 0 on.")]
PartInPath = Annotated[int, Path(ge=1, le=2, description="1, or 2 for prices of their own.")]
_SEALED: Final = "application/octet-stream"
_ABSENT: Final = (TenderUnknown, LotUnknown, PartUnknown, TenderNotOpen, Unavailable)


@router.get("/openings/{part}", responses=NOT_MODIFIED | problems(*_ABSENT))
def opening(
    tender: HexDigest,
    lot: LotInPath,
    part: PartInPath,
    openings: GivenOpenings,
    directory: GivenDirectory,
) -> OpeningAnswer:
    """Show what was read aloud when one part of a lot was opened, and why others stayed closed.

    `record` is what the buyer anchors by its digest; null while a bid may still be opened. Anybody
    recomputes it from the chain, the files and the documents.
    """
    head = HeadAnswer.of(directory.head())
    return OpeningAnswer.of(openings.one(TenderId(tender), lot, part), head)


@officers.get(
    "/openings/{part}/files/{bidder}",
    response_class=Response,
    responses={
        200: {"description": "The file as it was sealed (age v1).", "content": {_SEALED: {}}},
        **signed_in(*_ABSENT, RoleMissing, BidMissing, BlobUnknown),
    },
)
def sealed_file(  # the parts of one address
    tender: HexDigest,
    lot: LotInPath,
    part: PartInPath,
    bidder: HexAddress,
    by: Caller,
    openings: GivenOpenings,
) -> Response:
    """Give an opened bid's sealed file to the buyer's officers and their supervisor."""
    pieces = openings.sealed(TenderId(tender), lot, part, bidder, by)
    return StreamingResponse(pieces, headers={"Cache-Control": "no-store"}, media_type=_SEALED)


@officers.get("/signals", responses=signed_in(*_ABSENT, RoleMissing))
def signals(
    tender: HexDigest, lot: LotInPath, by: Caller, openings: GivenOpenings, response: Response
) -> SignalsAnswer:
    """Show what opened bids have in common, for the buyer's officers and their supervisor.

    Something to look at, never a rejection; that a signal is absent proves nothing.
    """
    response.headers["Cache-Control"] = "no-store"
    return SignalsAnswer.of(openings.signals(TenderId(tender), lot, by))
