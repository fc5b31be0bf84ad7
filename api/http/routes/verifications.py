"""Verifying documents."""

import orjson
from fastapi import APIRouter, Response

from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenDirectory, GivenVerifications
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.verification import ReportAnswer, VerificationForm
from api.http.strict import StrictRoute
from ledger.errors import Unavailable
from ledger.verification.proof_file import ProofFile, ProofFileMalformed

router = APIRouter(prefix="/v1/verifications", tags=["verification"], route_class=StrictRoute)


@router.post(
    "",
    response_class=Response,
    responses={200: {"model": ReportAnswer}, **problems(ProofFileMalformed, *JSON_BODY)},
)
def verify(
    form: VerificationForm, verifications: GivenVerifications, directory: GivenDirectory
) -> Response:
    """Answer valid, invalid or unconfirmed; an outage is never shown as a forgery."""
    proof = None if form.proof is None else ProofFile.from_json(orjson.dumps(form.proof))
    report = verifications.verify(form.parsed(proof)).to_json()
    report["head"] = head_or_none(directory)
    return Response(orjson.dumps(report), media_type="application/json")


def head_or_none(directory: GivenDirectory) -> dict[str, object] | None:
    """Return the projection's head, None when nobody knows it: the report says what follows."""
    try:
        return HeadAnswer.of(directory.head()).model_dump(mode="json")
    except Unavailable:
        return None
