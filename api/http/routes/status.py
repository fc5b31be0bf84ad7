"""Changing a licence's status."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.http.auth import Caller
from api.http.forms import GivenMoment
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    json_answer,
    keeping,
    respond,
    ticket_of,
)
from api.http.openapi import JSON_BODY, Responses
from api.http.ports import GivenDecisions, GivenDirectory, GivenHistories, GivenStatuses
from api.http.routes.licences import DigestInPath, signed_in
from api.http.schemas.history import HistoryAnswer, StatusAtAnswer
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.status import ChangeAnswer, StatusForm, TypedDataForm
from api.services.idempotency import KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.refusals import ChangePending, ChangeUnknown, RecordUnknown
from api.services.status import ChangeView
from api.services.transitions import SuccessorStands
from ledger.errors import (
    AgencyNotActive,
    AgencyUnknown,
    CoSignatureByActor,
    CoSignatureExpired,
    CoSignatureInvalid,
    CoSignatureRequired,
    EffectiveFromBeginning,
    LedgerError,
    ReasonOutsideClass,
    StatusFinal,
    StatusTransitionIllegal,
    UntilNotAfterEffective,
    UntilWithoutSuspension,
)
from ledger.licences.catalogue import ReasonNotForType, TypeUnknown
from ledger.licences.decisions import MEDIA_TYPE, DecisionIncomplete

router = APIRouter(prefix="/v1", tags=["status"], route_class=KeyedRoute)


TERMS: Final = (
    AgencyUnknown,
    AgencyNotActive,
    ReasonOutsideClass,
    EffectiveFromBeginning,
    UntilWithoutSuspension,
    UntilNotAfterEffective,
)
"""How an order to change one licence, or many, may be refused for what it says."""


def _order(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        RecordUnknown,
        TypeUnknown,
        ReasonNotForType,
        *TERMS,
        StatusFinal,
        StatusTransitionIllegal,
        SuccessorStands,
        *KEYED,
        *JSON_BODY,
        *errors,
    )


@router.post(
    "/licences/{digest}/status",
    status_code=202,
    response_model=ChangeAnswer,
    responses=_order(
        ChangePending,
        CoSignatureRequired,
        CoSignatureByActor,
        CoSignatureExpired,
        CoSignatureInvalid,
        DecisionIncomplete,
        SigningKeyMissing,
    ),
)
def change(
    digest: DigestInPath,
    form: StatusForm,
    by: Caller,
    statuses: GivenStatuses,
    directory: GivenDirectory,
    ticket: GivenTicket,
) -> Response:
    """Suspend, reinstate or revoke one licence; 202 until the change is final."""
    head = HeadAnswer.of(directory.head())

    def accepted(view: ChangeView) -> KeptAnswer:
        location = {"location": f"/v1/changes/0x{view.row.id.hex()}"}
        return json_answer(ChangeAnswer.of(view, head), 202, location)

    view = statuses.change(digest, form.parsed(), by, keeping(ticket, accepted))
    return respond(accepted(view))


@router.post(
    "/licences/{digest}/status/typed-data", responses=_order(), dependencies=[Depends(ticket_of)]
)
def typed_data(
    digest: DigestInPath, form: TypedDataForm, by: Caller, statuses: GivenStatuses
) -> dict[str, Any]:
    """Give the EIP-712 message that an APPROVER signs; send its `effectiveAt` with the change."""
    return statuses.typed_data(digest, form.parsed(), (form.nonce, form.deadline), by)


@router.get("/licences/{digest}/status", responses=signed_in(RecordUnknown))
def status_at(
    digest: DigestInPath,
    by: Caller,
    histories: GivenHistories,
    directory: GivenDirectory,
    at: Annotated[GivenMoment | None, Query(description="Past or future; else now.")] = None,
) -> StatusAtAnswer:
    """Show a licence's status at a time, by the chain's events as of the head."""
    head = HeadAnswer.of(directory.head())
    return StatusAtAnswer.of(histories.status_at(digest, at, by), head)


@router.get("/licences/{digest}/history", responses=signed_in(RecordUnknown))
def history(
    digest: DigestInPath, by: Caller, histories: GivenHistories, directory: GivenDirectory
) -> HistoryAnswer:
    """List a licence's changes: those on chain in its order, then those that wait or failed."""
    head = HeadAnswer.of(directory.head())
    return HistoryAnswer.of(histories.entries(digest, by), head)


@router.get("/changes/{change_id}", responses=signed_in(ChangeUnknown))
def one_change(
    change_id: Annotated[str, Path(pattern="^0x[0-9a-f]{32}$")],
    by: Caller,
    statuses: GivenStatuses,
    directory: GivenDirectory,
) -> ChangeAnswer:
    """Show how far a change is on its way."""
    head = HeadAnswer.of(directory.head())
    return ChangeAnswer.of(statuses.get(bytes.fromhex(change_id[2:]), by), head)


@router.get(
    "/decisions/{digest}",
    response_class=Response,
    responses={
        200: {"description": "The signed decision.", "content": {MEDIA_TYPE: {}}},
        **signed_in(RecordUnknown),
    },
)
def decision(digest: DigestInPath, by: Caller, decisions: GivenDecisions) -> Response:
    """Give the signed decision behind a change; its proof is at `/v1/proofs/{digest}`."""
    return Response(decisions.get(digest, by).document, media_type=MEDIA_TYPE)
