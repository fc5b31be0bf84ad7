"""Verifying documents."""

import orjson
from fastapi import APIRouter, Response

from api.http.limits import PacedStranger
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenMetrics, GivenVerifications
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.verification import ReportAnswer, VerificationForm
from api.http.strict import StrictRoute
from ledger.verification.proof_file import ProofFile, ProofFileMalformed

router = APIRouter(prefix="/v1/verifications", tags=["verification"], route_class=StrictRoute)


@router.post(
    "",
    response_class=Response,
    responses={200: {"model": ReportAnswer}, **problems(ProofFileMalformed, *JSON_BODY)},
)
def verify(
    form: VerificationForm,
    verifications: GivenVerifications,
    metrics: GivenMetrics,
    _: PacedStranger,
) -> Response:
    """Answer valid, invalid or unconfirmed; an outage is never shown as a forgery."""
    proof = None if form.proof is None else ProofFile.from_object(form.proof)
    answer = verifications.verify(form.parsed(proof))
    metrics.verdict(answer.report)
    head = None if answer.head is None else HeadAnswer.of(answer.head).model_dump(mode="json")
    content = orjson.dumps(answer.report.to_json() | {"head": head})
    return Response(content, media_type="application/json")
