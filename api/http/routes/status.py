"""Changing a licence's status."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.http.auth import Caller
from api.http.openapi import JSON_BODY, Responses
from api.http.ports import GivenDirectory, GivenStatuses
from api.http.routes.licences import DigestInPath, signed_in
from api.http.schemas.shared import HeadAnswer
from api.http.schemas.status import ChangeAnswer, StatusForm, TypedDataForm
from api.http.strict import StrictRoute
from api.services.refusals import ChangePending, ChangeUnknown, RecordUnknown
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

router = APIRouter(prefix="/v1", tags=["status"], route_class=StrictRoute)


def _order(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        RecordUnknown,
        TypeUnknown,
        AgencyUnknown,
        AgencyNotActive,
        ReasonNotForType,
        ReasonOutsideClass,
        EffectiveFromBeginning,
        UntilWithoutSuspension,
        UntilNotAfterEffective,
        StatusFinal,
        StatusTransitionIllegal,
        *JSON_BODY,
        *errors,
    )


@router.post(
    "/licences/{digest}/status",
    status_code=202,
    responses=_order(
        ChangePending,
        CoSignatureRequired,
        CoSignatureByActor,
        CoSignatureExpired,
        CoSignatureInvalid,
    ),
)
def change(
    digest: DigestInPath,
    form: StatusForm,
    by: Caller,
    statuses: GivenStatuses,
    directory: GivenDirectory,
    response: Response,
) -> ChangeAnswer:
    """Suspend, reinstate or revoke one licence; 202 until the change is final."""
    head = HeadAnswer.of(directory.head())
    view = statuses.change(digest, form.parsed(), by)
    response.headers["Location"] = f"/v1/changes/0x{view.row.id.hex()}"
    return ChangeAnswer.of(view, head)


@router.post("/licences/{digest}/status/typed-data", responses=_order())
def typed_data(
    digest: DigestInPath, form: TypedDataForm, by: Caller, statuses: GivenStatuses
) -> dict[str, Any]:
    """Give the EIP-712 message that an APPROVER signs; send its `effectiveAt` with the change."""
    return statuses.typed_data(digest, form.parsed(), (form.nonce, form.deadline), by)


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
