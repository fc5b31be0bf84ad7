"""Sealed files of opened bids, for whoever takes a tender again without asking anybody."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.http.forms import HexDigest
from api.http.openapi import problems
from api.http.ports import GivenDirectory, GivenTenderArchives
from api.http.public import NOT_MODIFIED, RevalidatedRoute, matches
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.tender_archives import ArchiveAnswer
from api.http.strict import StrictRoute
from api.services.tender_archives import OpenedFileUnknown
from ledger.errors import Unavailable
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.ids import TenderId
from ledger.values import Digest

_PREFIX: Final = "/v1/tenders/{tender}/archive"
router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=RevalidatedRoute)
file_router = APIRouter(prefix=_PREFIX, tags=["tenders"], route_class=StrictRoute)
_AGE: Final = "application/octet-stream"
_OCTETS: Final = {"schema": {"type": "string", "format": "binary"}}
_KEPT: Final = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


@router.get("", responses=NOT_MODIFIED | problems(TenderUnknown, Unavailable))
def archive(
    tender: HexDigest, archives: GivenTenderArchives, directory: GivenDirectory
) -> ArchiveAnswer:
    """List the sealed files of opened bids, whose keys are public; of no others there is a word."""
    head = HeadAnswer.of(directory.head())
    return ArchiveAnswer.of(archives.files(TenderId(tender)), head)


@file_router.get(
    "/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "The age file.", "content": {_AGE: _OCTETS}},
        **NOT_MODIFIED,
        **problems(TenderUnknown, OpenedFileUnknown, Unavailable),
    },
)
def opened_file(
    tender: HexDigest, sha256: HexDigest, archives: GivenTenderArchives, request: Request
) -> Response:
    """Give the age file of an opened bid."""
    found, pieces = archives.pieces(TenderId(tender), Digest(sha256))
    headers = {"ETag": f'"{sha256.hex()}"', **_KEPT}
    if matches(headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Length": str(found.size), "Content-Disposition": "attachment"}
    return StreamingResponse(pieces, headers=headers, media_type=_AGE)
