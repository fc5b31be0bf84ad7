"""Signed status lists, where the documents say that they are (IETF Token Status List)."""

import gzip
import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from api.http.openapi import problems
from api.http.ports import GivenLists
from api.http.public import NOT_MODIFIED, matches
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.http.strict import StrictRoute
from api.services.refusals import ListTokenUnknown
from ledger.errors import Unavailable
from ledger.list_tokens import TTL_SECONDS
from ledger.values import agency_id

router = APIRouter(prefix="/status", tags=["status lists"], route_class=StrictRoute)
MEDIA_TYPE = "application/statuslist+jwt"


@router.get(
    "/{jurisdiction}/{code}/{list_number}",
    response_class=Response,
    responses={
        200: {"description": "The signed list.", "content": {MEDIA_TYPE: {}}},
        **NOT_MODIFIED,
        **problems(ListTokenUnknown, Unavailable),
    },
)
def status_list(  # the parts of one address, and two request headers
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    list_number: Annotated[int, Path(ge=0, lt=2**32)],
    lists: GivenLists,
    time: Annotated[int | None, Query(ge=0, lt=2**40, description="Unix seconds")] = None,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Give the newest signed list, or with `time` the one that was good then."""
    token = lists.token(agency_id(jurisdiction, code), list_number, time).token.encode("ascii")
    tag = f'W/"{hashlib.sha256(token).hexdigest()[:32]}"'
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": f"public, max-age={60 if time is None else TTL_SECONDS}",
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if matches(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding.lower():
        headers["Content-Encoding"] = "gzip"
        token = gzip.compress(token, mtime=0)
    return Response(token, headers=headers, media_type=MEDIA_TYPE)
