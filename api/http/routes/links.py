"""Sealed copies behind QR codes, and the page that opens them; the key never comes here."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.openapi import problems
from api.http.pages import wants_page
from api.http.ports import GivenLinks, GivenPages
from api.http.strict import StrictRoute
from ledger.errors import Unavailable
from ledger.sealing import LinkUnknown

router = APIRouter(prefix="/v", tags=["verification"], route_class=StrictRoute)


@router.get(
    "/{link}",
    response_class=Response,
    responses={
        200: {
            "description": "12 bytes of nonce, then AES-256-GCM ciphertext with its tag; "
            "the link's 16 id bytes are authenticated with it. For whoever accepts text/html the "
            "page that opens it, whatever the link.",
            "content": {"application/octet-stream": {}, "text/html": {}},
        },
        **problems(LinkUnknown, Unavailable),
    },
)
def sealed_copy(
    link: Annotated[str, Path(max_length=64)],
    request: Request,
    links: GivenLinks,
    pages: GivenPages,
) -> Response:
    """Give a sealed copy; unknown, expired and withdrawn links answer alike.

    A browser gets the page, which asks again for the copy, without a look at the link.
    """
    if wants_page(request):
        return pages.verify(request)
    headers = {"Vary": "Accept"}
    return Response(links.open(link), headers=headers, media_type="application/octet-stream")
