"""Routes that take an Idempotency-Key: the first answer is kept and given to every repeat."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, ClassVar, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel

from api.http.auth import account_of
from api.http.strict import StrictRoute, replayed
from api.services.idempotency import (
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    Keep,
    KeptAnswer,
    KeyedRequest,
    Repeats,
    RequestInFlight,
    Settlement,
    Ticket,
    fingerprint_of,
)
from ledger.errors import LedgerError
from ledger.values import Address

PATTERN: Final = r'^(?:"[\x21\x23-\x7e]{16,128}"|[\x21\x23-\x7e]{16,128})$'
KEYED: Final[tuple[type[LedgerError], ...]] = (RequestInFlight, IdempotencyKeyReused)
"""What a route that takes a key may meet."""
_IS_KEY: Final = re.compile(PATTERN).fullmatch
_TICKET: Final = "suizheng.ticket"
NOBODY: Final = Address("")
"""Stands for the account of a request that is known by its secret."""
_T = TypeVar("_T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=PATTERN,
        description="16 to 128 visible characters, in quotes (RFC 8941) or without. A repeat "
        "within 24 hours gets the first answer and has no effect.",
    ),
]


async def declare_key(idempotency_key: IdempotencyKey = None) -> None:
    """Refuse a key of another shape, for a route that reads it by `key_of`."""


async def ticket_of(
    request: Request,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001  # read before the route is reached
) -> Ticket | None:
    """Return the ticket of a request that came with a key."""
    ticket: Ticket | None = request.scope.get(_TICKET)
    return ticket


GivenTicket = Annotated[Ticket | None, Depends(ticket_of)]


class KeyedRoute(StrictRoute):
    """A strict route whose writes take a key.

    Refusals and failures are not kept: they changed nothing, and the key may be used again.
    """

    is_sealed: ClassVar[bool] = False

    def get_route_handler(self) -> Handler:
        """Return the strict handler behind the look-up of the key."""
        handle = super().get_route_handler()
        if "GET" in (self.methods or ()):
            return handle

        async def handle_once(request: Request) -> Response:
            body = await request.body()
            again = Request(request.scope, replayed(body, request.receive))
            keyed = await keyed_request(request, body, is_sealed=self.is_sealed)
            if keyed is None:
                return await handle(again)
            return await once(keyed, again, handle)

        return handle_once


class SealedKeyedRoute(KeyedRoute):
    """A keyed route whose answers hold a secret that the disk may not show."""

    is_sealed = True


async def keyed_request(
    request: Request, body: bytes, *, is_sealed: bool = False
) -> KeyedRequest | None:
    """Return what the key stands for; None leaves the request to what the route says of it.

    Raises `SessionUnknown` for a token that is none.
    """
    key = request.headers.get("idempotency-key", "")
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if not _IS_KEY(key) or scheme.lower() != "bearer" or not token:
        return None
    caller = await account_of(request.app.state.services.sign_ins, token)
    fingerprint = fingerprint_of(request.headers.get("content-type", ""), body)
    return _asked_under(request, caller, key, fingerprint, token if is_sealed else None)


def secret_request(request: Request, key: str | None, content: bytes, secret: str) -> KeyedRequest:
    """Return what the key stands for where no account asks; its answer is kept under `secret`.

    `content` is what was signed: sealed twice, it is the same request. Raises
    `IdempotencyKeyMissing`.
    """
    if key is None:
        raise IdempotencyKeyMissing
    fingerprint = fingerprint_of("", content)
    return _asked_under(request, NOBODY, key, fingerprint, secret)


async def once(keyed: KeyedRequest, request: Request, handle: Handler) -> Response:
    """Return what `handle` answers to a keyed request, or the answer that is kept for its repeat.

    `handle` finds its ticket by `ticket_of`; what it does not settle itself is kept after it.

    Raises `IdempotencyKeyReused`, `RequestInFlight`, and what `handle` raises.
    """
    repeats = request.app.state.services.repeats
    found = await repeats.begin(keyed)
    if isinstance(found, KeptAnswer):
        return respond(found)
    request.scope[_TICKET] = found
    try:
        response = await handle(request)
        if not found.is_settled:
            await run_in_threadpool(repeats.keep, found, _answer_of(response))
    except RequestInFlight:
        return respond(await first_answer(keyed, repeats))
    finally:
        repeats.end(found)
    return response


def key_of(request: Request, by: Address) -> KeyedRequest | None:
    """Return what the key of a request stands for, its fingerprint still to come; None without."""
    key = request.headers.get("idempotency-key")
    return None if key is None else _asked_under(request, by, key, fingerprint=b"")


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


async def first_answer(keyed: KeyedRequest, repeats: Repeats) -> KeptAnswer:
    """Return what another process answered while this one worked in vain."""
    answer = await repeats.answer(keyed)
    if answer is None:
        raise RequestInFlight  # whoever answered was forgotten since; the next try is a new one
    return answer


def _asked_under(
    request: Request, caller: Address, key: str, fingerprint: bytes, secret: str | None = None
) -> KeyedRequest:
    scope = request.scope
    address = scope["path"].encode() + b"?" + scope["query_string"]
    return KeyedRequest(caller, request.method, address, key.strip('"'), fingerprint, secret)


def _answer_of(response: Response) -> KeptAnswer:
    headers = tuple(pair for pair in response.headers.items() if pair[0] != "content-length")
    return KeptAnswer(response.status_code, headers, bytes(response.body))
