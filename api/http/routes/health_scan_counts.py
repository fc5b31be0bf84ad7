"""How many people gates answered how, by port and hour: handed over, and summed for the agency."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.http.auth import Caller
from api.http.forms import GivenMoment
from api.http.idempotency import KEYED, KeyedRoute
from api.http.openapi import JSON_BODY
from api.http.ports import GivenScanCounts
from api.http.routes.custody_places import CursorInQuery
from api.http.routes.health_appeals import AgencyInQuery
from api.http.routes.licences import signed_in
from api.http.schemas.health_scan_counts import HandedOverAnswer, ScanCountsAnswer, ScanCountsForm
from api.services.health_scan_counts import MOST_HOURS, ScanCountsInvalid
from api.services.refusals import CursorMalformed
from ledger.errors import AgencyNotActive, AgencyUnknown
from ledger.values import agency_id

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)


@router.post(
    "/scan-counts",
    status_code=201,
    responses=signed_in(AgencyUnknown, AgencyNotActive, ScanCountsInvalid, *KEYED, *JSON_BODY),
)
def hand_over(form: ScanCountsForm, by: Caller, counts: GivenScanCounts) -> HandedOverAnswer:
    """Keep what a gate counted, for accounts with its agency's role GATE; a repeat is harmless.

    Each hour comes whole, so what is sent again, or late, is counted once.
    """
    return HandedOverAnswer.of(counts.hand_over(form.agency.id(), form.told(), by))


@router.get("/scan-counts", responses=signed_in(CursorMalformed))
def scan_counts(  # a parameter each
    agency: AgencyInQuery,
    by: Caller,
    counts: GivenScanCounts,
    since: Annotated[GivenMoment | None, Query(alias="from")] = None,
    until: Annotated[GivenMoment | None, Query(alias="to")] = None,
    cursor: CursorInQuery = None,
    limit: Annotated[int, Query(ge=1, le=MOST_HOURS)] = MOST_HOURS,
) -> ScanCountsAnswer:
    """Give what an agency's gates counted in the hours from `from` to before `to`, oldest first.

    For accounts of the agency. A page has up to `limit` hours, each with all its ports.
    """
    id_ = agency_id(*agency.split("/"))
    return ScanCountsAnswer.of(counts.page(id_, by, (since, until), cursor, limit))
