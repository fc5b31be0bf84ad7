"""Pages for browsers and what they are made of."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.ports import GivenPages
from api.http.problems import RouteUnknown
from api.http.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/verify")
async def verify_page(request: Request, pages: GivenPages) -> Response:
    """Give the page that verifies a file."""
    return pages.verify(request)


@router.get("/assets/{name}")
async def asset(name: Annotated[str, Path(max_length=128)], pages: GivenPages) -> Response:
    """Give a script, style or picture of a page."""
    found = pages.asset(name)
    if found is None:
        raise RouteUnknown
    return found
