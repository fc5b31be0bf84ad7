"""Agencies, their keys and what they may issue, as of the projection."""

from fastapi import APIRouter

from api.http.openapi import problems
from api.http.ports import GivenDirectory
from api.http.public import NOT_MODIFIED, RevalidatedRoute
from api.http.schemas.registry import (
    AccreditationAnswer,
    AccreditationsAnswer,
    AgenciesAnswer,
    AgencyAnswer,
    KeyAnswer,
    KeysAnswer,
    OneAgencyAnswer,
)
from api.http.schemas.shared import CodeInPath, HeadAnswer, JurisdictionInPath
from ledger.errors import AgencyUnknown, Unavailable

router = APIRouter(prefix="/v1/agencies", tags=["agencies"], route_class=RevalidatedRoute)


@router.get("", responses=NOT_MODIFIED | problems(Unavailable))
def agencies(directory: GivenDirectory) -> AgenciesAnswer:
    """List the agencies that the ledger knows."""
    head = HeadAnswer.of(directory.head())
    return AgenciesAnswer(agencies=[AgencyAnswer.of(a) for a in directory.agencies()], head=head)


@router.get("/{jurisdiction}/{code}", responses=NOT_MODIFIED | problems(AgencyUnknown, Unavailable))
def agency(
    jurisdiction: JurisdictionInPath, code: CodeInPath, directory: GivenDirectory
) -> OneAgencyAnswer:
    """Show one agency."""
    head = HeadAnswer.of(directory.head())
    found = AgencyAnswer.of(directory.agency(jurisdiction, code))
    return OneAgencyAnswer(**dict(found), head=head)


@router.get(
    "/{jurisdiction}/{code}/keys", responses=NOT_MODIFIED | problems(AgencyUnknown, Unavailable)
)
def keys(
    jurisdiction: JurisdictionInPath, code: CodeInPath, directory: GivenDirectory
) -> KeysAnswer:
    """List an agency's document keys with their windows."""
    head = HeadAnswer.of(directory.head())
    found = directory.keys(jurisdiction, code)
    return KeysAnswer(keys=[KeyAnswer.of(view) for view in found], head=head)


@router.get(
    "/{jurisdiction}/{code}/accreditations",
    responses=NOT_MODIFIED | problems(AgencyUnknown, Unavailable),
)
def accreditations(
    jurisdiction: JurisdictionInPath, code: CodeInPath, directory: GivenDirectory
) -> AccreditationsAnswer:
    """List what an agency may issue, and when."""
    head = HeadAnswer.of(directory.head())
    found = directory.accreditations(jurisdiction, code)
    shown = [AccreditationAnswer.of(view) for view in found]
    return AccreditationsAnswer(accreditations=shown, head=head)
