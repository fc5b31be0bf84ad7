"""Who asks: the account a bearer token speaks for. What it may do, each service asks itself."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.http.limits import pace_account
from api.http.ports import GivenSignIns
from ledger.errors import Refused
from ledger.values import Address


@dataclass(eq=False)
class SignInMissing(Refused):
    """This needs a sign-in: send its token as `Authorization: Bearer`."""


_bearer = HTTPBearer(
    auto_error=False, scheme_name="signIn", description="The token that POST /v1/sign-in answers."
)


async def token_of(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """Return the token sent; raise `SignInMissing`."""
    if given is None:
        raise SignInMissing
    return given.credentials


Token = Annotated[str, Depends(token_of)]
"""The bearer token as it was sent."""


def caller(request: Request, sign_ins: GivenSignIns, token: Token) -> Address:
    """Return the account that asks; raise `SignInMissing`, `SessionUnknown`, `TooManyRequests`."""
    account = sign_ins.who(token)
    pace_account(request, account)
    return account


Caller = Annotated[Address, Depends(caller)]
"""The account that signed in."""
