"""What every request passes: an id, a bound on its body, safe headers, and one line in the log.

The line holds the route's template, never its path, query or body: those may name a person. Of an
error that nobody foresaw the log keeps its type and places in the code, for the same reason.
"""

import time
from collections.abc import Callable
from traceback import extract_tb
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Internal, RequestTooLarge, instance_of, problem

BODY_BYTES: Final = 1 << 20
UPLOAD_BYTES: Final = 16 << 20
UPLOAD_PATH: Final = "/licences/bulk"

SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

Log = Callable[..., Any]
"""Writes one event with named values, as a structlog logger's methods do."""
Observe = Callable[[str, str, int, float], None]
"""Counts a request: method, route, status, seconds."""


class Edge:
    """Gives each request an id, each answer safe headers, the log its line, strangers no detail."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        log: Any,
        randomness: Callable[[int], bytes],
        observe: Observe,
    ) -> None:
        self._app = app
        self._observe = observe
        self._log = log
        self._randomness = randomness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["suizheng.request_id"] = self._randomness(8).hex()
        started = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001  # the edge is closed: nothing leaves it unworded
            self._log.error("request.failed", request=request_id, **_places(error))
            if status == 0:
                document = problem(Internal(), instance_of(Request(scope)))
                await document(scope, receive, answer)
        seconds = time.perf_counter() - started
        self._observe(scope["method"], _template(scope), status, seconds)
        self._log.info(
            "request",
            request=request_id,
            method=scope["method"],
            route=_template(scope),
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class BodyLimit:
    """Refuses bodies above the route's bound while they arrive, before anybody reads them whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a body that is too large ends in `RequestTooLarge`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_BYTES if scope["path"].endswith(UPLOAD_PATH) else BODY_BYTES
        body = await _read(scope, receive, limit)
        if body is None:
            refused = problem(RequestTooLarge(limit), instance_of(Request(scope)))
            refused.headers["Connection"] = "close"
            await refused(scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is known to be above `limit` bytes."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limit:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None  # half a body is none; nobody hears the answer
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _add_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(raw=message.setdefault("headers", []))
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-Id"] = request_id


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unknown")


def _places(error: Exception) -> dict[str, Any]:
    frames = extract_tb(error.__traceback__)[-8:]
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "places": places}
