"""Changing many licences by one order: preview, approval or confirmation, progress."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from api.http.auth import Caller
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    json_answer,
    keeping,
    respond,
)
from api.http.openapi import JSON_BODY, Responses
from api.http.ports import GivenChangeSets, GivenDirectory
from api.http.routes.licences import signed_in
from api.http.routes.status import TERMS
from api.http.schemas.change_sets import (
    ApprovalForm,
    ChangeSetAnswer,
    ChangeSetForm,
    RowsAnswer,
    TypedDataAnswer,
)
from api.http.schemas.shared import CodeInPath, HeadAnswer, JurisdictionInPath
from api.services.change_sets import (
    MOST_ROWS,
    ChangeSetEmpty,
    ChangeSetExpired,
    ReasonNotForSets,
    SignaturesMissing,
)
from api.services.idempotency import KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.previews import ChangeSetView
from api.services.refusals import (
    ChangeSetSettled,
    ChangeSetStale,
    ChangeSetUnknown,
    CursorMalformed,
    TooManyLicences,
)
from ledger.errors import (
    AgencyNotActive,
    AgencyUnknown,
    CoSignatureByActor,
    CoSignatureExpired,
    CoSignatureInvalid,
    CoSignatureRequired,
    LedgerError,
)
from ledger.licences.decisions import DecisionIncomplete
from ledger.values import agency_id

router = APIRouter(prefix="/v1", tags=["status"], route_class=KeyedRoute)
ChangeSetInPath = Annotated[str, Path(pattern="^0x[0-9a-f]{32}$")]


def _settling(*errors: type[LedgerError]) -> Responses:
    return signed_in(
        ChangeSetUnknown,
        ChangeSetSettled,
        AgencyUnknown,
        AgencyNotActive,
        *KEYED,
        *errors,
    )


_CARRYING_OUT: Final = (ChangeSetExpired, ChangeSetStale, ChangeSetEmpty, SigningKeyMissing)


@router.post(
    "/agencies/{jurisdiction}/{code}/change-sets",
    status_code=201,
    response_model=ChangeSetAnswer,
    responses=signed_in(
        *TERMS,
        TooManyLicences,
        ReasonNotForSets,
        DecisionIncomplete,
        *KEYED,
        *JSON_BODY,
    ),
)
def preview(  # the parts of one address, and what is sent
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    form: ChangeSetForm,
    by: Caller,
    change_sets: GivenChangeSets,
    directory: GivenDirectory,
    ticket: GivenTicket,
) -> Response:
    """Fix which licences an order would change, and why not the others; nothing is changed."""
    answer = _answered(directory, 201)
    agency = agency_id(jurisdiction, code)
    wanted, order = form.select.parsed(), form.parsed()
    return respond(answer(change_sets.preview(agency, wanted, order, by, keeping(ticket, answer))))


@router.get("/change-sets/{change_set}", responses=signed_in(ChangeSetUnknown))
def one(
    change_set: ChangeSetInPath, by: Caller, change_sets: GivenChangeSets, directory: GivenDirectory
) -> ChangeSetAnswer:
    """Show a set and how far it is."""
    return ChangeSetAnswer.of(change_sets.get(_id(change_set), by), HeadAnswer.of(directory.head()))


@router.get(
    "/change-sets/{change_set}/rows", responses=signed_in(ChangeSetUnknown, CursorMalformed)
)
def rows(  # the set, and which of its rows
    change_set: ChangeSetInPath,
    by: Caller,
    change_sets: GivenChangeSets,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    *,
    refused: bool | None = None,
) -> RowsAnswer:
    """List a set's licences, those to be changed first; `refused` asks for one kind alone."""
    return RowsAnswer.of(change_sets.rows(_id(change_set), by, cursor, limit, refused=refused))


@router.get("/change-sets/{change_set}/typed-data", responses=signed_in(ChangeSetUnknown))
def typed_data(
    change_set: ChangeSetInPath, by: Caller, change_sets: GivenChangeSets
) -> TypedDataAnswer:
    """Give the EIP-712 messages that an APPROVER signs, one a call."""
    return TypedDataAnswer(calls=change_sets.typed_data(_id(change_set), by))


@router.post(
    "/change-sets/{change_set}/approval",
    status_code=202,
    response_model=ChangeSetAnswer,
    responses=_settling(
        *_CARRYING_OUT,
        SignaturesMissing,
        CoSignatureByActor,
        CoSignatureExpired,
        CoSignatureInvalid,
        *JSON_BODY,
    ),
)
def approve(  # the set, and what is sent
    change_set: ChangeSetInPath,
    form: ApprovalForm,
    by: Caller,
    change_sets: GivenChangeSets,
    directory: GivenDirectory,
    ticket: GivenTicket,
) -> Response:
    """Carry a set out with a second person's signatures; 202 until all of it is final."""
    answer = _answered(directory, 202)
    keep = keeping(ticket, answer)
    view = change_sets.approve(_id(change_set), form.approver, form.signatures, by, keep)
    return respond(answer(view))


@router.post(
    "/change-sets/{change_set}/confirmation",
    status_code=202,
    response_model=ChangeSetAnswer,
    responses=_settling(*_CARRYING_OUT, CoSignatureRequired),
)
def confirm(
    change_set: ChangeSetInPath,
    by: Caller,
    change_sets: GivenChangeSets,
    directory: GivenDirectory,
    ticket: GivenTicket,
) -> Response:
    """Carry a set out that needs no second person; 202 until all of it is final."""
    answer = _answered(directory, 202)
    return respond(answer(change_sets.confirm(_id(change_set), by, keeping(ticket, answer))))


@router.post(
    "/change-sets/{change_set}/withdrawal",
    response_model=ChangeSetAnswer,
    responses=_settling(),
)
def withdraw(
    change_set: ChangeSetInPath,
    by: Caller,
    change_sets: GivenChangeSets,
    directory: GivenDirectory,
    ticket: GivenTicket,
) -> Response:
    """Let a set never be carried out."""
    answer = _answered(directory, 200)
    return respond(answer(change_sets.withdraw(_id(change_set), by, keeping(ticket, answer))))


def _answered(directory: GivenDirectory, status: int) -> Callable[[ChangeSetView], KeptAnswer]:
    head = HeadAnswer.of(directory.head())

    def answer(view: ChangeSetView) -> KeptAnswer:
        location = {"location": f"/v1/change-sets/0x{view.row.id.hex()}"}
        return json_answer(ChangeSetAnswer.of(view, head), status, location)

    return answer


def _id(change_set: str) -> bytes:
    return bytes.fromhex(change_set[2:])
