"""What gates logged about a holder, for the holder, and the day keys that find it."""

from fastapi import APIRouter

from api.http.auth import Caller
from api.http.idempotency import KEYED, KeyedRoute
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenScanViews
from api.http.routes.licences import signed_in
from api.http.schemas.health_scan_views import (
    DayKeyAnswer,
    DayKeyForm,
    ScanViewAnswer,
    ScanViewForm,
)
from api.services.health_keys import HealthKeyMissing
from api.services.health_scan_views import ScanViewRefused
from ledger.age import SealedForAnother, SealedMalformed
from ledger.errors import Unavailable
from ledger.health.day_keys import DayKeyInvalid

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)


@router.post(
    "/day-keys",
    status_code=201,
    responses=signed_in(
        HealthKeyMissing, SealedMalformed, SealedForAnother, DayKeyInvalid, *KEYED, *JSON_BODY
    ),
)
def hand_over(form: DayKeyForm, by: Caller, views: GivenScanViews) -> DayKeyAnswer:
    """Keep a gate's day key for its agency, for accounts with its role GATE; a repeat is harmless.

    The recipient to seal to is the agency's, as an invitation names it.
    """
    return DayKeyAnswer(destroy_at=views.hand_over(form.agency.id(), form.sealed, by))


@router.post(
    "/scan-views", responses=problems(ScanViewRefused, HealthKeyMissing, *JSON_BODY, Unavailable)
)
def seen(form: ScanViewForm, views: GivenScanViews) -> ScanViewAnswer:
    """Show a holder what an agency's gates logged about the passes whose keys they prove to have.

    Only while the day keys live; passes on paper and codes of other countries have no key to prove.
    """
    return ScanViewAnswer.of(views.seen(form.agency.id(), form.requests))
