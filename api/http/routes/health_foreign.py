"""Whose codes of other countries are believed, and which of them were withdrawn."""

from fastapi import APIRouter, Response

from api.http.auth import Caller
from api.http.idempotency import KEYED, GivenTicket, KeyedRoute, json_answer, keeping, respond
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenForeignCodes
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.routes.licences import signed_in
from api.http.schemas.health_foreign import (
    OnboardedAnswer,
    RevocationsAnswer,
    RevocationsForm,
    TrustListForm,
    TrustListsAnswer,
)
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.services.foreign_codes import ForeignListMalformed
from api.services.idempotency import KeptAnswer
from api.services.refusals import Revoked
from ledger.errors import AgencyNotActive, AgencyUnknown, Unavailable
from ledger.health.hcert.onboarding import Onboarded
from ledger.health.hcert.trust import KeyRevived, KeysDropped, ListOverfull, ListReplayed
from ledger.values import agency_id

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)
public_router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=RevalidatedRoute)
_REFUSALS = (AgencyUnknown, AgencyNotActive, ForeignListMalformed, ListReplayed)


@router.post(
    "/trust-lists",
    status_code=201,
    response_model=OnboardedAnswer,
    responses=signed_in(*_REFUSALS, KeyRevived, KeysDropped, ListOverfull, *KEYED, *JSON_BODY),
)
def take_in(
    form: TrustListForm, by: Caller, foreign: GivenForeignCodes, ticket: GivenTicket
) -> Response:
    """Take in a trust list for an agency's gates and conversions; for its registrars.

    Certificates are read once, here; one that is of no use is left out and named. A list that goes
    back, revives a key or loses many refuses itself, and the one held stays.
    """
    keep = keeping(ticket, _onboarded)
    agency, confirmed = form.agency.id(), form.confirmed
    return respond(_onboarded(foreign.take_in(agency, form.parsed(), confirmed, by, keep)))


@router.post(
    "/revocations",
    status_code=201,
    response_model=RevocationsAnswer,
    responses=signed_in(*_REFUSALS, *KEYED, *JSON_BODY),
)
def withdraw(
    form: RevocationsForm, by: Caller, foreign: GivenForeignCodes, ticket: GivenTicket
) -> Response:
    """Take in lists of withdrawn codes by kid; for the agency's registrars."""
    keep, agency = keeping(ticket, _revoked), form.agency.id()
    found = foreign.withdraw(agency, form.sequence, form.as_of, form.parsed(), by, keep)
    return respond(_revoked(found))


@public_router.get(
    "/trust-lists/{jurisdiction}/{code}",
    responses=NOT_MODIFIED | problems(AgencyUnknown, AgencyNotActive, Unavailable),
)
def trust_lists(
    jurisdiction: JurisdictionInPath, code: CodeInPath, foreign: GivenForeignCodes
) -> TrustListsAnswer:
    """Show whose codes an agency's gates believe, and the keys of its own codes."""
    agency = agency_id(jurisdiction, code)
    return TrustListsAnswer.of(foreign.lists(agency), foreign.own(agency))


def _onboarded(found: Onboarded) -> KeptAnswer:
    return json_answer(OnboardedAnswer.of(found), 201)


def _revoked(made: Revoked) -> KeptAnswer:
    return json_answer(RevocationsAnswer.of(made), 201)
