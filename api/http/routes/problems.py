"""What each problem type means: the address that a problem document names as its type."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.http.explanations import explained
from api.http.openapi import problems
from api.http.pages import wants_page
from api.http.problem_pages import page_of
from api.http.problems import ProblemUnknown, all_problems, status_of
from api.http.public import NOT_MODIFIED, PublicRoute
from api.http.schemas.service import ProblemKindAnswer

router = APIRouter(prefix="/problems", tags=["service"], route_class=PublicRoute)


@router.get(
    "/{name}",
    response_model=ProblemKindAnswer,
    responses={
        200: {
            "description": "What the problem means and what to do next; for whoever accepts "
            "text/html a page that says so in several languages.",
            "content": {"text/html": {}},
        },
        **NOT_MODIFIED,
        **problems(ProblemUnknown),
    },
)
async def problem_kind(
    name: Annotated[str, Path(max_length=64)], request: Request, response: Response
) -> ProblemKindAnswer | Response:
    """Explain one kind of problem: what happened, what it means, what to do next."""
    kind = all_problems().get(name)
    if kind is None:
        raise ProblemUnknown
    response.headers["Vary"] = "Accept"
    if wants_page(request):
        return page_of(kind)
    told = explained(kind, "en")
    return ProblemKindAnswer(
        type=f"/problems/{name}",
        title=told.title,
        status=status_of(kind),
        meaning=told.meaning,
        advice=told.advice,
        members=list(told.members),
    )
