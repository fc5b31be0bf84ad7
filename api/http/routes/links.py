"""Sealed copies behind QR codes; the key never comes here."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.openapi import problems
from api.http.ports import GivenLinks
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
            "the link's 16 id bytes are authenticated with it.",
            "content": {"application/octet-stream": {}},
        },
        **problems(LinkUnknown, Unavailable),
    },
)
def sealed_copy(link: Annotated[str, Path(max_length=64)], links: GivenLinks) -> Response:
    """Give a sealed copy; unknown, expired and withdrawn links answer alike."""
    return Response(links.open(link), media_type="application/octet-stream")
