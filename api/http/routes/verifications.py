"""Verifying documents."""

from typing import Final

from fastapi import APIRouter, Request, Response

from api.http.direct import DirectRoute, form_in
from api.http.limits import PacedStranger, pace_stranger
from api.http.openapi import JSON_BODY, problems
from api.http.schemas.verification import ReportAnswer, VerificationForm
from api.http.shown import Shown, shown
from api.http.strict import StrictRequest, StrictRoute
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
    state, question = request.app.state, form.parsed(proof)
    told: Shown | None = None
    if not question.is_fresh:
        told = await state.verifiers.ask(question)
    if told is None:
        told = shown(await state.verifying.answer(question))
    state.metrics.verdict(told)
    return Response(told.body, media_type=_JSON)
