"""Allow lists: every pass that was anchored, in signed segments, for gates."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.openapi import problems
from api.http.ports import GivenAllowLists, GivenDirectory
from api.http.public import NOT_MODIFIED, PublicRoute, RevalidatedRoute
from api.http.schemas.health_conversions import AllowAnswer
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.services.refusals import SegmentUnknown
from ledger.errors import Unavailable
from ledger.values import agency_id

MEDIA_TYPE = "application/cose"
router = APIRouter(prefix="/v1/health/allow", tags=["health codes"], route_class=RevalidatedRoute)
segment_router = APIRouter(
    prefix="/v1/health/allow", tags=["health codes"], route_class=PublicRoute
)


@router.get("/{jurisdiction}/{code}", responses={**NOT_MODIFIED, **problems(Unavailable)})
def segments(
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    allow: GivenAllowLists,
    directory: GivenDirectory,
) -> AllowAnswer:
    """List the segments that a gate needs now; none for an agency without passes."""
    head = directory.head()
    return AllowAnswer.of(allow.segments(agency_id(jurisdiction, code)), head)


@segment_router.get(
    "/{jurisdiction}/{code}/{seq}",
    response_class=Response,
    responses={
        200: {"description": "The signed segment, CBOR.", "content": {MEDIA_TYPE: {}}},
        **NOT_MODIFIED,
        **problems(SegmentUnknown, Unavailable),
    },
)
def segment(
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    seq: Annotated[int, Path(ge=0, lt=2**32)],
    allow: GivenAllowLists,
) -> Response:
    """Give one segment; its SHA-256 is anchored, see `/v1/proofs/{digest}`."""
    found = allow.segment(agency_id(jurisdiction, code), seq)
    return Response(found.document, media_type=MEDIA_TYPE)
