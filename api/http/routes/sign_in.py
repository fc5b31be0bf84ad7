"""Signing in with an account (EIP-4361)."""

from fastapi import APIRouter, Response

from api.http.auth import Caller, SignInMissing, Token
from api.http.openapi import JSON_BODY, problems
from api.http.ports import GivenSignIns
from api.http.schemas.sign_in import ChallengeAnswer, ChallengeForm, SignInAnswer, SignInForm
from api.http.strict import StrictRoute
from api.services.refusals import NonceUnknown, SessionUnknown
from ledger.errors import Unavailable
from ledger.sign_in import SignInMalformed, SignInRefused, SignInSignatureInvalid

router = APIRouter(prefix="/v1/sign-in", tags=["sign-in"], route_class=StrictRoute)


@router.post("/challenge", responses=problems(*JSON_BODY, Unavailable))
def challenge(form: ChallengeForm, sign_ins: GivenSignIns) -> ChallengeAnswer:
    """Give a nonce and the other parts of the message that the account is to sign."""
    return ChallengeAnswer.of(sign_ins.challenge(form.address))


@router.post(
    "",
    status_code=201,
    responses=problems(
        SignInMalformed,
        SignInRefused,
        SignInSignatureInvalid,
        NonceUnknown,
        *JSON_BODY,
        Unavailable,
    ),
)
def sign_in(form: SignInForm, sign_ins: GivenSignIns) -> SignInAnswer:
    """Open a session for the account that signed the message."""
    return SignInAnswer.of(sign_ins.sign_in(form.message, form.signature))


@router.delete("", status_code=204, responses=problems(SignInMissing, SessionUnknown, Unavailable))
def sign_out(_: Caller, token: Token, sign_ins: GivenSignIns) -> Response:
    """End the session whose token is sent."""
    sign_ins.sign_out(token)
    return Response(status_code=204)
