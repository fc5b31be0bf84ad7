"""Documents that agreements name by SHA-256: policies, rules, value sets."""

from fastapi import APIRouter, Response

from api.http.auth import Caller
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenAgreementDocuments
from api.http.public import NOT_MODIFIED, PublicRoute
from api.http.routes.licences import DigestInPath, signed_in
from api.http.schemas.health_conversions import DocumentAnswer, DocumentForm
from api.http.strict import StrictRoute
from api.services.health_recognitions import DocumentUnknown, DocumentUnwanted
from ledger.errors import Unavailable

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=StrictRoute)
public_router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=PublicRoute)


@router.post("/documents", status_code=201, responses=signed_in(DocumentUnwanted, *JSON_BODY))
def keep(form: DocumentForm, _: Caller, documents: GivenAgreementDocuments) -> DocumentAnswer:
    """Keep a document that an agreement, or a policy kept here, names; the same twice is the same.

    Policies come first, for they name rules and value sets.
    """
    return DocumentAnswer(digest=documents.keep(form.document))


@public_router.get(
    "/documents/{digest}",
    response_class=Response,
    responses={
        200: {"description": "The document.", "content": {"application/json": {}}},
        **NOT_MODIFIED,
        **problems(DocumentUnknown, Unavailable),
    },
)
def document(digest: DigestInPath, documents: GivenAgreementDocuments) -> Response:
    """Give a document, byte for byte."""
    return Response(documents.get(digest), media_type="application/json")
