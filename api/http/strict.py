"""Reading JSON bodies in their one meaning: no duplicate keys, NaN, lone surrogates, deep nests."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from ledger.canonical import JsonMalformed, parse_json

_PARSED: Final = "suizheng.json"


class StrictRequest(Request):
    """A request whose JSON is read by the ledger's own reader.

    It is read once for all requests of one scope, whose body is the same.
    """

    async def json(self) -> Any:
        """Return the body's value; raise `JsonMalformed`."""
        if _PARSED not in self.scope:
            self.scope[_PARSED] = _parsed(await self.body())
        parsed = self.scope[_PARSED]
        if isinstance(parsed, JsonMalformed):
            raise parsed.with_traceback(None)
        return parsed


class StrictRoute(APIRoute):
    """A route that refuses JSON with two meanings before anything else looks at it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind the strict reader."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if self.body_field is not None and await strict.body():
                await strict.json()
            return await handle(strict)

        return handle_strictly


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return `receive` that gives a body, read before, as a whole once more, then goes on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _parsed(body: bytes) -> Any:
    """Return the body's value, or the error that it is not one."""
    try:
        return parse_json(body)
    except JsonMalformed as error:
        return error
