"""Reading JSON bodies in their one meaning: no duplicate keys, NaN, lone surrogates, deep nests."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ledger.canonical import parse_json


class StrictRequest(Request):
    """A request whose JSON is read by the ledger's own reader."""

    async def json(self) -> Any:
        """Return the body's value; raise `JsonMalformed`."""
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


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
