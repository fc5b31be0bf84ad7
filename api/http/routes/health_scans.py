"""What gates decided: their scan log, and the receipts for what was erased of it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenScans
from api.http.routes.licences import signed_in
from api.http.schemas.health_scans import (
    ErasureAnswer,
    HexId,
    LoggedAnswer,
    ScanAnswer,
    ScansForm,
)
from api.services.health_scans import ScanInvalid
from api.services.idempotency import KeptAnswer
from api.services.refusals import (
    ErasureUnknown,
    ScanEntry,
    ScanErased,
    ScanTaken,
    ScanUnknown,
)
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)
NumberInPath = Annotated[str, Path(pattern="^[A-Z2-7]{16}$")]


@router.post(
    "/scans",
    status_code=201,
    response_model=LoggedAnswer,
    responses=signed_in(AgencyUnknown, AgencyNotActive, ScanInvalid, ScanTaken, *KEYED, *JSON_BODY),
)
def log(form: ScansForm, by: Caller, scans: GivenScans, ticket: GivenTicket) -> Response:
    """Log what an agency's gates decided; for accounts with its role GATE.

    Rows that were sent before are passed over, so a gate that is unsure sends them again.
    """
    keep = keeping(ticket, _logged)
    return respond(_logged(scans.log(form.agency.id(), form.encoded(), by, keep)))


@router.get(
    "/scans/{number}",
    responses=signed_in(ScanUnknown, ScanErased),
)
def scan(number: NumberInPath, by: Caller, scans: GivenScans) -> ScanAnswer:
    """Give one row of the log to the agency whose gate it was."""
    return ScanAnswer.of(scans.scan(number, by))


@router.get(
    "/erasures/{erasure}",
    responses=problems(ErasureUnknown, Unavailable),
)
def erasure(erasure: HexId, scans: GivenScans) -> ErasureAnswer:
    """Give the receipt for erased scans to anybody who has its id."""
    return ErasureAnswer.of(scans.erasure(erasure))


def _logged(entries: Sequence[ScanEntry]) -> KeptAnswer:
    return json_answer(LoggedAnswer.of(entries), 201)
