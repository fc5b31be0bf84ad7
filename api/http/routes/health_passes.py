"""Passes: issue, regrade, suspend, reinstate, revoke."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.http.auth import Caller
from api.http.forms import Octets16
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    SealedKeyedRoute,
    json_answer,
    keeping,
    respond,
)
from api.http.openapi import JSON_BODY, Responses
from api.http.ports import GivenPasses, GivenPassStatuses
from api.http.routes.licences import DigestInPath, signed_in
from api.http.schemas.health_passes import (
    ChangedAnswer,
    GivenAnswer,
    PassesAnswer,
    PassesForm,
    PassStatusForm,
    RegradeForm,
    keys_of,
)
from api.services.health_holders import HolderUnknown
from api.services.health_keys import HealthKeyMissing
from api.services.health_passes import Given, TermsEnded, TooManyPasses
from api.services.health_statuses import Changed
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.refusals import HolderChanged, IndexTaken, RecordUnknown
from ledger.canonical import EncodingNotCanonical
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    LedgerError,
    ReasonOutsideClass,
    StatusFinal,
    StatusTransitionIllegal,
)
from ledger.health.claims import ClaimsInvalid
from ledger.keys import PointInvalid

router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=SealedKeyedRoute)
status_router = APIRouter(prefix="/v1/health", tags=["health codes"], route_class=KeyedRoute)
HolderInPath = Annotated[Octets16, Path(description="The authority's name for a holder.")]


def _issuing(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        SigningKeyMissing,
        HealthKeyMissing,
        TooManyPasses,
        TermsEnded,
        ClaimsInvalid,
        PointInvalid,
        EncodingNotCanonical,
        IndexTaken,
        IdempotencyKeyMissing,
        *KEYED,
        *JSON_BODY,
        *errors,
    )


def _changing(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        AgencyUnknown,
        AgencyNotActive,
        ReasonOutsideClass,
        StatusFinal,
        StatusTransitionIllegal,
        *KEYED,
        *JSON_BODY,
        *errors,
    )


@router.post("/passes", status_code=201, response_model=PassesAnswer, responses=_issuing())
def issue(form: PassesForm, by: Caller, passes: GivenPasses, ticket: GivenTicket) -> Response:
    """Issue passes to up to a thousand people, all or none; it needs an `Idempotency-Key`."""
    keep = keeping(ticket, _given)
    return respond(_given(passes.issue(form.agency.id(), form.parsed(), by, keep)))


@router.post(
    "/holders/{holder}/regrade",
    status_code=201,
    response_model=PassesAnswer,
    responses=_issuing(HolderUnknown, HolderChanged),
)
def regrade(
    holder: HolderInPath,
    form: RegradeForm,
    by: Caller,
    passes: GivenPasses,
    ticket: GivenTicket,
) -> Response:
    """Issue passes of another grade; the old ones are superseded once those are anchored."""
    keep, keys = keeping(ticket, _given), keys_of(form.keys)
    return respond(_given(passes.regrade(holder, form.grade, keys, by, keep)))


@status_router.post(
    "/passes/{digest}/status",
    status_code=202,
    response_model=ChangedAnswer,
    responses=_changing(RecordUnknown, HolderChanged),
)
def change(
    digest: DigestInPath,
    form: PassStatusForm,
    by: Caller,
    statuses: GivenPassStatuses,
    ticket: GivenTicket,
) -> Response:
    """Suspend, reinstate or revoke one pass."""
    keep = keeping(ticket, _changed)
    return respond(_changed(statuses.change(digest, form.parsed(), by, keep)))


@status_router.post(
    "/transfers/{digest}/status",
    status_code=202,
    response_model=ChangedAnswer,
    responses=_changing(RecordUnknown),
)
def change_transfer(
    digest: DigestInPath,
    form: PassStatusForm,
    by: Caller,
    statuses: GivenPassStatuses,
    ticket: GivenTicket,
) -> Response:
    """Suspend, reinstate or revoke a transfer: hosts convert none that is not valid."""
    keep = keeping(ticket, _changed)
    return respond(_changed(statuses.change_transfer(digest, form.parsed(), by, keep)))


@status_router.post(
    "/holders/{holder}/status",
    status_code=202,
    response_model=ChangedAnswer,
    responses=_changing(HolderUnknown, HolderChanged, HealthKeyMissing),
)
def change_all(
    holder: HolderInPath,
    form: PassStatusForm,
    by: Caller,
    statuses: GivenPassStatuses,
    ticket: GivenTicket,
) -> Response:
    """Suspend, reinstate or revoke all live passes of a holder of which that is lawful."""
    keep = keeping(ticket, _changed)
    return respond(_changed(statuses.change_all(holder, form.parsed(), by, keep)))


def _given(given: Sequence[Given]) -> KeptAnswer:
    return json_answer(PassesAnswer(holders=[GivenAnswer.of(each) for each in given]), 201)


def _changed(changed: Changed) -> KeptAnswer:
    return json_answer(ChangedAnswer.of(changed), 202)
