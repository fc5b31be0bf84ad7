"""Signed refusals: that a message came, and what the chain's rules said of it (§2, 拒收).

JWS ES256 of the service. Block and time are those by which it was refused: whoever has a node can
look whether the clock stood so.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger import jws
from ledger.errors import Refused
from ledger.keys import PublicKey, Signer
from ledger.verification.shape import ShapeWrong, hexadecimal, members, number, text

TYPE: Final = "bid-refusal+jwt"
_MEMBERS: Final = ("iss", "jti", "iat", "digest", "arrivedAt", "error", "block", "blockTime")
_HASH_BYTES: Final = 32


@dataclass(eq=False)
class RefusalMalformed(Refused):
    """The token is no refusal of a bid."""

    member: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the message of this digest is not on the chain; times in Unix seconds.

    `error` is the refusal's name, `arrived_at` when the message came to the service.
    """

    issuer: str
    id: str
    issued_at: int
    digest: bytes
    arrived_at: int
    error: str
    block: int
    block_time: int


def sign(refusal: Refusal, signer: Signer) -> str:
    """Return the refusal as a compact JWS."""
    payload: dict[str, Any] = {
        "iss": refusal.issuer,
        "jti": refusal.id,
        "iat": refusal.issued_at,
        "digest": "0x" + refusal.digest.hex(),
        "arrivedAt": refusal.arrived_at,
        "error": refusal.error,
        "block": refusal.block,
        "blockTime": refusal.block_time,
    }
    return jws.sign(TYPE, payload, signer)


def read(token: str, key: PublicKey) -> Refusal:
    """Return a refusal that `key` signed.

    Raises:
        JwsMalformed, AlgorithmRefused, TypeRefused, SignatureInvalid: for the token.
        RefusalMalformed: for what it says.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    try:
        told = members(parsed.payload, _MEMBERS, "payload")
        return Refusal(
            issuer=text(told["iss"], "iss"),
            id=text(told["jti"], "jti"),
            issued_at=number(told["iat"], "iat"),
            digest=hexadecimal(told["digest"], _HASH_BYTES, "digest"),
            arrived_at=number(told["arrivedAt"], "arrivedAt"),
            error=text(told["error"], "error", limit=64),
            block=number(told["block"], "block"),
            block_time=number(told["blockTime"], "blockTime"),
        )
    except ShapeWrong as exc:
        raise RefusalMalformed(exc.member) from exc
