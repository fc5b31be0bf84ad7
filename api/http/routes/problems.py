"""What each problem type means."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.http.openapi import problems
from api.http.problems import ProblemUnknown, all_problems, status_of
from api.http.schemas.service import ProblemKindAnswer
from api.http.strict import StrictRoute

router = APIRouter(prefix="/problems", tags=["service"], route_class=StrictRoute)


@router.get("/{name}", responses=problems(ProblemUnknown))
async def problem_kind(name: Annotated[str, Path(max_length=64)]) -> ProblemKindAnswer:
    """Show the title and the status of one kind of problem."""
    kind = all_problems().get(name)
    if kind is None:
        raise ProblemUnknown
    return ProblemKindAnswer(type=f"/problems/{name}", title=kind.title(), status=status_of(kind))
