"""Signing in as JSON."""

from typing import Self

from pydantic import Field

from api.http.forms import Answer, Form, HexAddress, HexSignature, Moment
from api.services.sign_ins import Challenge, Login


class ChallengeForm(Form):
    """The account that wants to sign in."""

    address: HexAddress


class ChallengeAnswer(Answer):
    """The parts of the EIP-4361 message that the account signs."""

    address: HexAddress
    domain: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: Moment
    expires_at: Moment
    statement: str
    version: str

    @classmethod
    def of(cls, challenge: Challenge) -> Self:
        """Return the challenge as JSON."""
        return cls(
            address=challenge.address,
            domain=challenge.domain,
            uri=challenge.uri,
            chain_id=challenge.chain_id,
            nonce=challenge.nonce,
            issued_at=challenge.issued_at,
            expires_at=challenge.expires_at,
            statement=challenge.statement,
            version=challenge.version,
        )


class SignInForm(Form):
    """The message as the account signed it, and its signature."""

    message: str = Field(max_length=4096)
    signature: HexSignature


class SignInAnswer(Answer):
    """A bearer token, shown this once."""

    address: HexAddress
    token: str
    expires_at: Moment

    @classmethod
    def of(cls, login: Login) -> Self:
        """Return the login as JSON."""
        return cls(address=login.address, token=login.token, expires_at=login.expires_at)
