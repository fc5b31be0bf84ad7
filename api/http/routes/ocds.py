"""Our OCDS extension, which every package that we publish declares by its address."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.openapi import problems
from api.http.ports import GivenPublications
from api.http.public import NOT_MODIFIED, PublicRoute
from ledger.tenders.ocds.extension import MEDIA_TYPES, PATH, ExtensionFileUnknown

router = APIRouter(prefix=PATH.rstrip("/"), tags=["tenders"], route_class=PublicRoute)
_FOUND = {
    200: {
        "description": "A file of the extension.",
        "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
    },
    **NOT_MODIFIED,
    **problems(ExtensionFileUnknown),
}
_Name = Annotated[str, Path(max_length=64, examples=["extension.json"])]


@router.get("/{name}", response_class=Response, responses=_FOUND)
async def extension_file(name: _Name, publications: GivenPublications) -> Response:
    """Give a file of the extension: its metadata, its schema, its README."""
    return _respond(*publications.extension_file(name))


@router.get("/codelists/{name}", response_class=Response, responses=_FOUND)
async def codelist(name: _Name, publications: GivenPublications) -> Response:
    """Give a codelist of the extension."""
    return _respond(*publications.extension_file(f"codelists/{name}"))


def _respond(content: bytes, media_type: str) -> Response:
    return Response(content, media_type=media_type)
