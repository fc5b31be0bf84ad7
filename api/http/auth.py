"""Who asks: the account a bearer token speaks for. What it may do, each service asks itself."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.http.limits import pace_account
from api.services.sign_ins import SignIns
from ledger.errors import Refused
from ledger.values import Address


@dataclass(eq=False)
class SignInMissing(Refused):
    """This needs a sign-in: send its token as `Authorization: Bearer`."""


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
