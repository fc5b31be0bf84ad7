"""Routes that take an Idempotency-Key: the first answer is kept and given to every repeat."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, ClassVar, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel
from starlette.types import Message

from api.http.strict import StrictRoute
from api.services.idempotency import (
    IdempotencyKeyReused,
    Keep,
    KeptAnswer,
    KeyedRequest,
    RequestInFlight,
    Settlement,
    Ticket,
    fingerprint_of,
)
from ledger.errors import LedgerError

PATTERN: Final = r'^(?:"[\x21\x23-\x7e]{16,128}"|[\x21\x23-\x7e]{16,128})$'
KEYED: Final[tuple[type[LedgerError], ...]] = (RequestInFlight, IdempotencyKeyReused)
"""What a route that takes a key may meet."""
_TICKET: Final = "suizheng.ticket"
_T = TypeVar("_T")
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


async def ticket_of(
    request: Request,
    idempotency_key: Annotated[  # noqa: ARG001  # declared here, read before the route is reached
        str | None,
        Header(
            pattern=PATTERN,
            description="16 to 128 visible characters, in quotes (RFC 8941) or without. A repeat "
            "within 24 hours gets the first answer and has no effect.",
        ),
    ] = None,
) -> Ticket | None:
    """Return the turn of a request that came with a key."""
    ticket: Ticket | None = request.scope.get(_TICKET)
    return ticket


GivenTicket = Annotated[Ticket | None, Depends(ticket_of)]


class KeyedRoute(StrictRoute):
    """A strict route whose writes take a key.

    Refusals and failures are not kept: they changed nothing, and the key may be used again.
    """

    is_sealed: ClassVar[bool] = False

    def get_route_handler(self) -> _Handler:
        """Return the strict handler behind the look-up of the key."""
        handle = super().get_route_handler()
        if "GET" in (self.methods or ()):
            return handle

        async def handle_once(request: Request) -> Response:
            body = await request.body()
            again = Request(request.scope, _replayed(body))
            keyed = await run_in_threadpool(self._keyed, request, body)
            if keyed is None:
                return await handle(again)
            return await _once(keyed, again, handle)

        return handle_once

    def _keyed(self, request: Request, body: bytes) -> KeyedRequest | None:
        """Return what the key stands for; None leaves the request to what the route says of it."""
        key = request.headers.get("idempotency-key", "")
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        if not re.fullmatch(PATTERN, key) or scheme.lower() != "bearer" or not token:
            return None
        services = request.app.state.services
        scope = request.scope
        return KeyedRequest(
            caller=services.sign_ins.who(token),
            method=request.method,
            address=scope["path"].encode() + b"?" + scope["query_string"],
            key=key.strip('"'),
            fingerprint=fingerprint_of(request.headers.get("content-type", ""), body),
            secret=token if self.is_sealed else None,
        )


class SealedKeyedRoute(KeyedRoute):
    """A keyed route whose answers hold a secret that the disk may not show."""

    is_sealed = True


def keeping(ticket: Ticket | None, answer_of: Callable[[_T], KeptAnswer]) -> Keep[_T] | None:
    """Return what turns a service's result into what is kept; None for a request without key."""
    if ticket is None:
        return None

    def keep(result: _T) -> Settlement:
        return ticket.settlement(answer_of(result))

    return keep


def json_answer(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> KeptAnswer:
    """Return an answer whose body is a model's JSON."""
    kept = {"content-type": "application/json", **(headers or {})}
    return KeptAnswer(status, tuple(kept.items()), model.model_dump_json().encode())


def respond(answer: KeptAnswer) -> Response:
    """Return the response that gives an answer."""
    return Response(answer.body, answer.status, dict(answer.headers))


async def _once(keyed: KeyedRequest, request: Request, handle: _Handler) -> Response:
    repeats = request.app.state.services.repeats
    found = await run_in_threadpool(repeats.begin, keyed)
    if isinstance(found, KeptAnswer):
        return respond(found)
    request.scope[_TICKET] = found
    try:
        response = await handle(request)
    except Exception:
        await run_in_threadpool(repeats.release, found)
        raise
    if not found.is_settled:
        await run_in_threadpool(repeats.keep, found, _answer_of(response))
    return response


def _answer_of(response: Response) -> KeptAnswer:
    headers = tuple(pair for pair in response.headers.items() if pair[0] != "content-length")
    return KeptAnswer(response.status_code, headers, bytes(response.body))


def _replayed(body: bytes) -> Callable[[], Coroutine[Any, Any, Message]]:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
