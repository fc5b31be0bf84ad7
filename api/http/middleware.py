"""What every request passes: an id, a bound on its body, safe headers, and one line in the log.

The line holds the route's template, never its path, query or body: those may name a person. Of an
error that nobody foresaw the log keeps its type and places in the code, for the same reason.
"""

import re
import time
from collections.abc import Callable
from traceback import extract_tb
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Internal, RequestStalled, RequestTooLarge, instance_of, problem
from api.http.time_limit import TimeLimit

BODY_BYTES: Final = 1 << 21
"""Room for a change set of 20,000 digests (proposed)."""
BODY_SECONDS: Final = 30.0
"""How long such a body may take to come (proposed)."""
STREAMED: Final = (
    ("POST", re.compile("/v1/agencies/[^/]+/[^/]+/jobs"), 1 << 30),
    ("PUT", re.compile("/v1/bids/uploads/[^/]+/chunks/[^/]+"), 8 << 20),
    ("POST", re.compile("/v1/tenders/[^/]+/papers"), 1 << 28),
)
"""Methods and addresses that read their body piece by piece, and its bound in bytes."""

SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_SAFE: Final = tuple(
    (name.lower().encode("ascii"), value.encode("ascii")) for name, value in SAFE_HEADERS.items()
)

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
        route = _template(scope)
        self._observe(scope["method"], route, status, seconds)
        self._log.info(
            "request",
            request=request_id,
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class BodyLimit:
    """Refuses bodies that are too long or too slow while they arrive, before anybody works on them.

    What is streamed passes through and is counted; `RequestTooLarge` meets its reader.
    """

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._time = TimeLimit(seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; its body may end in `RequestTooLarge` or `RequestStalled`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        streamed = _streamed_bytes(scope)
        limit = BODY_BYTES if streamed is None else streamed
        if not _declares_at_most(scope, limit):
            await _refuse(RequestTooLarge(limit), scope, receive, send)
            return
        if streamed is not None:
            await self._app(scope, _counted(receive, limit), send)
            return
        try:
            with self._time:
                body = await _read(receive, limit)
        except TimeoutError:
            await _refuse(RequestStalled(self._time.seconds), scope, receive, send)
            return
        if body is None:
            await _refuse(RequestTooLarge(limit), scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)


def _streamed_bytes(scope: Scope) -> int | None:
    """Return the bound of a body that is read piece by piece; None for any other."""
    return next(
        (
            limit
            for method, path, limit in STREAMED
            if scope["method"] == method and path.fullmatch(scope["path"])
        ),
        None,
    )


async def _refuse(
    error: RequestTooLarge | RequestStalled, scope: Scope, receive: Receive, send: Send
) -> None:
    refused = problem(error, instance_of(Request(scope)))
    refused.headers["Connection"] = "close"
    await refused(scope, receive, send)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is known to be above `limit` bytes."""
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


def _declares_at_most(scope: Scope, limit: int) -> bool:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    return declared.isdigit() and int(declared) <= limit


def _counted(receive: Receive, limit: int) -> Receive:
    """Return `receive` that raises `RequestTooLarge` with the first byte above `limit`."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise RequestTooLarge(limit)
        return message

    return counted


def _add_headers(message: Message, request_id: str) -> None:
    given = message.get("headers", ())
    named = {name for name, _ in given}  # in lower case, as ASGI wants them
    safe = [header for header in _SAFE if header[0] not in named]
    message["headers"] = [*given, *safe, (b"x-request-id", request_id.encode("ascii"))]


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unknown")


def _places(error: Exception) -> dict[str, Any]:
    frames = extract_tb(error.__traceback__)[-8:]
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "places": places}
