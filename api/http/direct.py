"""The short way to the busiest routes, for requests in which nothing is amiss.

FastAPI tries routers in turn, solves dependencies and lays four nets for errors: on the way to
issuing a licence that takes longer than to build, sign and store it. Here a route's own function
is called with what its form says. Whatever is unusual or wrong is left to FastAPI, which answers,
or words the refusal, as if nobody had looked before.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Response
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problems import instance_of, problem
from api.http.strict import StrictRequest, replayed
from ledger.canonical import JsonMalformed
from ledger.errors import LedgerError

_JSON: Final = "application/json"
_Form = TypeVar("_Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class DirectRoute:
    """A route without parameters in its path; `answer` returns None for what is FastAPI's.

    It must have done nothing by then; a `LedgerError` that it raises is worded as everywhere.
    """

    method: str
    path: str
    answer: Callable[[StrictRequest], Coroutine[Any, Any, Response | None]]


class Direct:
    """Gives requests to the direct routes before FastAPI looks for a route."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[DirectRoute]) -> None:
        self._app = app
        self._routes = {(route.method, route.path): route for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; its body is at hand as a whole (`BodyLimit`)."""
        route = self._routes.get((scope.get("method", ""), scope.get("path", "")))
        if route is None:
            await self._app(scope, receive, send)
            return
        request = StrictRequest(scope, receive)
        body = await request.body()
        response: Response | None
        scope["route"] = route  # as the framework does: the log and the metrics name it
        try:
            response = await route.answer(request)
        except LedgerError as error:
            response = problem(error, instance_of(request))
        if response is None:
            del scope["route"]
            await self._app(scope, replayed(body, receive), send)
            return
        await response(scope, receive, send)


async def form_in(request: StrictRequest, kind: type[_Form]) -> _Form | None:
    """Return the form in a request's JSON, or None for whatever is not one."""
    if request.headers.get("content-type") != _JSON:
        return None
    try:
        return kind.model_validate(await request.json())
    except (JsonMalformed, ValidationError):
        return None
