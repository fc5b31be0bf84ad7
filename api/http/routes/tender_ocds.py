"""Sealed tenders in OCDS 1.1.5, made from the chain and the papers each time."""

import orjson
from fastapi import APIRouter, Response

from api.http.forms import HexDigest
from api.http.openapi import problems
from api.http.ports import GivenTenderPublications
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from ledger.errors import Unavailable
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.ids import TenderId

router = APIRouter(
    prefix="/v1/tenders/{tender}/ocds", tags=["tenders"], route_class=RevalidatedRoute
)
_FOUND = {
    200: {
        "description": "An OCDS package; its schema is Open Contracting's.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    **NOT_MODIFIED,
    **problems(TenderUnknown, Unavailable),
}


@router.get("/releases", response_class=Response, responses=_FOUND)
def releases(tender: HexDigest, publications: GivenTenderPublications) -> Response:
    """Give a release package: a whole picture of the tender for each public change, oldest first.

    As of the last final block. Bids and bidders come with the recorded opening of their lot.
    """
    return _respond(publications.releases(TenderId(tender)))


@router.get("/record", response_class=Response, responses=_FOUND)
def record(tender: HexDigest, publications: GivenTenderPublications) -> Response:
    """Give a record package: the tender's releases and what they add up to."""
    return _respond(publications.record(TenderId(tender)))


def _respond(package: dict[str, object]) -> Response:
    return Response(orjson.dumps(package), media_type="application/json")
