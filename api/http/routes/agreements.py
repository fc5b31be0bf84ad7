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
from api.services.policies import PolicyDigestDiffers, PolicyUnknown
from api.services.refusals import DomesticPolicyOutdated
from ledger.agreements.agreement import AgreementId
from ledger.agreements.history import AgreementUnknown
from ledger.agreements.policy import PolicyInvalid
from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Unavailable
from ledger.health.rule_admission import RuleBundleUnfit
from ledger.health.rule_bundles import RuleBundleInvalid

router = APIRouter(prefix="/v1/agreements", tags=["agreements"], route_class=RevalidatedRoute)
policies_router = APIRouter(prefix="/v1/policies", tags=["agreements"], route_class=PublicRoute)
keeping_router = APIRouter(prefix="/v1/policies", tags=["agreements"], route_class=KeyedRoute)
JSON: Final = "application/json"
OCTETS: Final = "application/octet-stream"
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
        200: {
            "description": "The document as both parties signed it.",
            "content": {JSON: {}, OCTETS: {}},
        },
        **NOT_MODIFIED,
        **problems(PolicyUnknown, Unavailable),
    },
)
def policy(digest: HexDigest, policies: GivenPolicies) -> Response:
    """Give the own bytes of a policy, or of a document that an agreement names."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    document = policies.get(digest)
    return Response(document, headers=headers, media_type=_media_type(document))


@keeping_router.put(
    "/{digest}",
    status_code=201,
    openapi_extra=_AS_THEY_ARE,
    dependencies=[Depends(declare_key)],
    responses={
        200: {"model": PolicyAnswer, "description": "It was kept already."},
        **signed_in(
            PolicyInvalid,
            PolicyDigestDiffers,
            RuleBundleInvalid,
            RuleBundleUnfit,
            DomesticPolicyOutdated,
            RequestStalled,
            RequestTooLarge,
            *KEYED,
        ),
    },
)
def keep_policy(
    digest: HexDigest,
    body: Annotated[bytes, Depends(_body)],
    by: Caller,
    policies: GivenPolicies,
    response: Response,
) -> PolicyAnswer:
    """Keep a document under its digest, for everybody to read. Supervisors and administrators.

    Policies may be brought before they are agreed on, about health documents or a type of licences;
    else what an agreement names: its policy, the manifest that its bundleHash is of, and then the
    files of that, whose rules and value sets have to be such that a gate can judge by them. A
    policy about health documents from a jurisdiction to itself is the one for its own passes; its
    supervisor alone brings it, in rising versions.
    """
    kept = policies.keep(digest, body, by)
    if not kept.is_new:
        response.status_code = 200
    return PolicyAnswer.of(kept)


def _media_type(document: bytes) -> str:
    """Return what a document is sent as: a bundle's layouts and texts may be anything."""
    try:
        parse_object(document)
    except JsonMalformed:
        return OCTETS
    return JSON
