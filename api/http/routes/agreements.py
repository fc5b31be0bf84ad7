"""Agreements between jurisdictions as of the projection, and the policies that they name."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http.auth import Caller
from api.http.forms import GivenMoment, HexDigest
from api.http.idempotency import KEYED, KeyedRoute, declare_key
from api.http.openapi import problems
from api.http.ports import GivenAgreements, GivenDirectory, GivenPolicies
from api.http.problems import RequestStalled, RequestTooLarge
from api.http.public import NOT_MODIFIED, PublicRoute, RevalidatedRoute
from api.http.routes.licences import signed_in
from api.http.schemas.agreements import (
    AgreementAnswer,
    AgreementsAnswer,
    OneAgreementAnswer,
    PolicyAnswer,
)
from api.http.schemas.shared import HeadAnswer
from api.services.agreements import PolicyDigestDiffers, PolicyUnknown
from ledger.errors import Unavailable
from ledger.health.agreement_history import AgreementUnknown
from ledger.health.agreements import AgreementId
from ledger.health.policy import PolicyInvalid

router = APIRouter(prefix="/v1/agreements", tags=["agreements"], route_class=RevalidatedRoute)
policies_router = APIRouter(prefix="/v1/policies", tags=["agreements"], route_class=PublicRoute)
keeping_router = APIRouter(prefix="/v1/policies", tags=["agreements"], route_class=KeyedRoute)
JSON: Final = "application/json"
_AS_THEY_ARE: Final = {"requestBody": {"required": True, "content": {JSON: {}}}}
At = Annotated[GivenMoment | None, Query(description="States as of then; else now.")]


async def _body(request: Request) -> bytes:
    return await request.body()


@router.get("", responses=NOT_MODIFIED | problems(Unavailable))
def agreements(
    agreements: GivenAgreements, directory: GivenDirectory, at: At = None
) -> AgreementsAnswer:
    """List all agreements that were ever proposed, their states now or at a time."""
    head = HeadAnswer.of(directory.head())
    found = [AgreementAnswer.of(view) for view in agreements.all(at)]
    return AgreementsAnswer(agreements=found, head=head)


@router.get("/{agreement}", responses=NOT_MODIFIED | problems(AgreementUnknown, Unavailable))
def agreement(
    agreement: HexDigest, agreements: GivenAgreements, directory: GivenDirectory, at: At = None
) -> OneAgreementAnswer:
    """Show one agreement with all versions and suspensions, as of now or of a time."""
    head = HeadAnswer.of(directory.head())
    found = AgreementAnswer.of(agreements.one(AgreementId(agreement), at))
    return OneAgreementAnswer(**dict(found), head=head)


@policies_router.get(
    "/{digest}",
    response_class=Response,
    responses={
        200: {"description": "The policy as both parties signed it.", "content": {JSON: {}}},
        **NOT_MODIFIED,
        **problems(PolicyUnknown, Unavailable),
    },
)
def policy(digest: HexDigest, policies: GivenPolicies) -> Response:
    """Give a policy's own bytes, whose SHA-256 is the digest."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(policies.get(digest), headers=headers, media_type=JSON)


@keeping_router.put(
    "/{digest}",
    status_code=201,
    openapi_extra=_AS_THEY_ARE,
    dependencies=[Depends(declare_key)],
    responses={
        200: {"model": PolicyAnswer, "description": "It was kept already."},
        **signed_in(PolicyInvalid, PolicyDigestDiffers, RequestStalled, RequestTooLarge, *KEYED),
    },
)
def keep_policy(
    digest: HexDigest,
    body: Annotated[bytes, Depends(_body)],
    by: Caller,
    policies: GivenPolicies,
    response: Response,
) -> PolicyAnswer:
    """Keep a policy under its digest, for everybody to read. Supervisors and administrators."""
    kept, is_new = policies.keep(digest, body, by)
    if not is_new:
        response.status_code = 200
    return PolicyAnswer.of(kept)
