"""The signed offline bundle."""

from fastapi import APIRouter, Response

from api.http.openapi import problems
from api.http.ports import GivenBundles
from api.http.public import NOT_MODIFIED, PublicRoute
from api.services.bundles import KEPT_SECONDS, BundleSignerMissing
from ledger.errors import Unavailable

router = APIRouter(prefix="/v1/bundle", tags=["verification"], route_class=PublicRoute)


@router.get(
    "",
    response_class=Response,
    responses={
        200: {"description": "The bundle.", "content": {"application/jwt": {}}},
        **NOT_MODIFIED,
        **problems(BundleSignerMissing, Unavailable),
    },
)
def bundle(bundles: GivenBundles) -> Response:
    """Give what a verifier needs to work without a network for a day."""
    made = bundles.bundle()
    headers = {"Cache-Control": f"public, max-age={KEPT_SECONDS}"}
    return Response(made.token, headers=headers, media_type="application/jwt")
