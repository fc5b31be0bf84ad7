"""Verifying documents."""

from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response

from api.http.direct import DirectRoute, form_in
from api.http.forms import rfc3339
from api.http.limits import PacedStranger, pace_stranger
from api.http.openapi import JSON_BODY, problems
from api.http.schemas.verification import ReportAnswer, VerificationForm
from api.http.strict import StrictRequest, StrictRoute
from api.services.registry import HeadAge
from ledger.verification.proof_file import ProofFile, ProofFileMalformed

_PATH: Final = "/v1/verifications"
_JSON: Final = "application/json"

router = APIRouter(prefix=_PATH, tags=["verification"], route_class=StrictRoute)


@router.post(
    "",
    response_class=Response,
    responses={200: {"model": ReportAnswer}, **problems(ProofFileMalformed, *JSON_BODY)},
)
async def verify(form: VerificationForm, request: Request, _: PacedStranger) -> Response:
    """Answer valid, invalid or unconfirmed; an outage is never shown as a forgery."""
    return await _answer(form, request)


async def _verify_directly(request: StrictRequest) -> Response | None:
    """Answer as `verify` does; None leaves what is no question to it."""
    form = await form_in(request, VerificationForm)
    if form is None:
        return None
    await pace_stranger(request, request.app.state.services.sign_ins)
    return await _answer(form, request)


DIRECT: Final = DirectRoute("POST", _PATH, _verify_directly)


async def _answer(form: VerificationForm, request: Request) -> Response:
    proof = None if form.proof is None else ProofFile.from_object(form.proof)
    state = request.app.state
    answer = await state.verifying.answer(form.parsed(proof))
    state.metrics.verdict(answer.report)
    shown = answer.report.to_json() | {"head": _head(answer.head)}
    return Response(orjson.dumps(shown), media_type=_JSON)


def _head(head: HeadAge | None) -> dict[str, Any] | None:
    """Return what `HeadAnswer` says, for which a model would take as long as a check."""
    if head is None:
        return None
    return {"block": head.block, "time": rfc3339(head.time), "ageSeconds": head.age_seconds}
