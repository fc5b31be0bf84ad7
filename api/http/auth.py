"""Who asks: the account a bearer token speaks for. What it may do, each service asks itself."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.limits import pace_account
from api.http.problems import instance_of, problem
from api.services.sign_ins import SignIns
from ledger.errors import LedgerError, Refused
from ledger.values import Address


@dataclass(eq=False)
class SignInMissing(Refused):
    """This needs a sign-in: send its token as `Authorization: Bearer`."""


SMALL_BYTES: Final = 16_384
"""A body that costs nothing to refuse when it has been read; greater ones are many rows."""
_OPEN: Final = ("/v1/sign-in", "/v1/verifications")
_DIGITS: Final = 20
_bearer = HTTPBearer(
    auto_error=False, scheme_name="signIn", description="The token that POST /v1/sign-in answers."
)


Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def token_of(given: Bearer) -> str:
    """Return the token sent; raise `SignInMissing`."""
    if given is None:
        raise SignInMissing
    return given.credentials


Token = Annotated[str, Depends(token_of)]
"""The bearer token as it was sent."""


async def account_of(sign_ins: SignIns, token: str) -> Address:
    """Return the account a token speaks for, from memory if it asked lately; raise as `who`."""
    return sign_ins.recall(token) or await sign_ins.ask(token)


async def caller(request: Request, given: Bearer) -> Address:
    """Return the account that asks; raise `SignInMissing`, `SessionUnknown`, `TooManyRequests`.

    Of all signed-in routes this is part, so it asks FastAPI for no more than the token.
    """
    sign_ins: SignIns = request.app.state.services.sign_ins
    account = await account_of(sign_ins, await token_of(given))
    pace_account(request, account)
    return account


Caller = Annotated[Address, Depends(caller)]
"""The account that signed in."""


class LargeBodies:
    """Reads a large body of those alone who signed in, but where strangers may send one."""

    def __init__(self, app: ASGIApp, *, sign_ins: SignIns) -> None:
        self._app = app
        self._sign_ins = sign_ins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with `SignInMissing` or `SessionUnknown`."""
        if scope["type"] == "http" and not scope["path"].startswith(_OPEN) and _is_large(scope):
            request = Request(scope)
            try:
                await account_of(self._sign_ins, await token_of(await _bearer(request)))
            except LedgerError as error:
                refused = problem(error, instance_of(request))
                refused.headers["Connection"] = "close"
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_large(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    is_small = length.isdigit() and int(length[:_DIGITS]) <= SMALL_BYTES
    return b"transfer-encoding" in headers or not is_small
