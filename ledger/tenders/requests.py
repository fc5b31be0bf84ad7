"""Standing requests for licences: what a tender wants shown, by the agency's key.

It is the request of the licence family with another life: it stands until the bids are due instead
of ten minutes, and answers are bound to their bid by `nonce`, so that they serve every version of
this bid and no other bid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.errors import Refused
from ledger.jws import Jws
from ledger.keys import PublicKey, Signer
from ledger.tenders.ids import Place
from ledger.verification.shape import ShapeWrong, entries, flag, members, number, text

TYPE: Final = "licence-request+jwt"
ID_BYTES: Final = 16
ORGANISATION: Final = "organisation"
"""Whose licences stand in the open part; people's belong into the confidential one."""
_MAX_REQUIREMENTS: Final = 64
_MAX_CLAIMS: Final = 64
_MAX_VALIDITY_DAYS: Final = 36_500
_WHO: Final = frozenset({ORGANISATION, "project-manager", "staff"})
_MEMBERS: Final = ("id", "vct", "claims", "who", "minValidityDays", "optional")


@dataclass(eq=False)
class StandingRequestMalformed(Refused):
    """The standing request, or a requirement, is not of its form."""

    member: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One licence that is asked for.

    `claims` are the names that must be shown, `min_validity_days` how long beyond the deadline it
    must be valid, `who` whose it is: personal ones belong into the confidential part.
    """

    id: str
    vct: str
    claims: tuple[str, ...]
    who: str
    min_validity_days: int
    optional: bool


@dataclass(frozen=True, slots=True)
class StandingRequest:
    """What an agency wants of every bidder of a tender; times in Unix seconds."""

    issuer: str
    id: str
    issued_at: int
    expires_at: int
    tender: str
    wanted: tuple[Requirement, ...]


def read_requirement(value: Any) -> Requirement:
    """Return one requirement of the tender documents; raise `StandingRequestMalformed`."""
    try:
        told = members(value, _MEMBERS, "requirement")
        listed = entries(told["claims"], "claims", limit=_MAX_CLAIMS)
        found = Requirement(
            text(told["id"], "id", limit=64),
            text(told["vct"], "vct"),
            tuple(text(each, "claims", limit=128) for each in listed),
            text(told["who"], "who"),
            number(told["minValidityDays"], "minValidityDays", greatest=_MAX_VALIDITY_DAYS),
            flag(told["optional"], "optional"),
        )
    except ShapeWrong as exc:
        raise StandingRequestMalformed(exc.member) from exc
    if found.who not in _WHO:
        raise StandingRequestMalformed("who")
    return found


def sign(request: StandingRequest, signer: Signer) -> str:
    """Return the request as a compact JWS by the agency's key."""
    wanted = [
        {
            "id": each.id,
            "vct": each.vct,
            "claims": list(each.claims),
            "who": each.who,
            "minValidityDays": each.min_validity_days,
            "optional": each.optional,
        }
        for each in request.wanted
    ]
    payload = {
        "iss": request.issuer,
        "jti": request.id,
        "iat": request.issued_at,
        "exp": request.expires_at,
        "tender": request.tender,
        "wanted": wanted,
    }
    return jws.sign(TYPE, payload, signer)


def read(token: str, key: PublicKey) -> StandingRequest:
    """Return a request that the agency's key signed.

    Raises:
        StandingRequestMalformed: for another form, or one id twice.
        SignatureInvalid, JwsMalformed and their like: as the licence family does.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    return _read(parsed)


def told_in(token: bytes) -> StandingRequest:
    """Return a request whose digest the documents fix; its signature is not looked at.

    Raises `StandingRequestMalformed` or `JwsMalformed` for what is none.
    """
    return _read(_parsed(token))


def key_of(token: bytes) -> str:
    """Return the id of the key (RFC 7638) that a request names; raise `JwsMalformed`."""
    return _parsed(token).kid


def issuer_of(token: bytes) -> str:
    """Return whom presentations are made for; as `told_in`."""
    return told_in(token).issuer


def nonce_of(place: Place) -> str:
    """Return the nonce that ties a presentation to one bid: base64url of its constant context."""
    return b64url_encode(place.constant)


def missing(wanted: Sequence[Requirement], shown: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of requirements that nothing was shown for; `shown` are requirements' ids."""
    return tuple(each.id for each in wanted if not each.optional and each.id not in shown)


def _parsed(token: bytes) -> Jws:
    return jws.parse(token.decode("ascii", "replace").strip(), TYPE)


def _read(parsed: Jws) -> StandingRequest:
    try:
        told = members(parsed.payload, ("iss", "jti", "iat", "exp", "tender", "wanted"), "request")
        listed = entries(told["wanted"], "wanted", limit=_MAX_REQUIREMENTS)
        found = StandingRequest(
            text(told["iss"], "iss"),
            text(told["jti"], "jti", limit=64),
            number(told["iat"], "iat"),
            number(told["exp"], "exp"),
            text(told["tender"], "tender", limit=66),
            tuple(map(read_requirement, listed)),
        )
    except ShapeWrong as exc:
        raise StandingRequestMalformed(exc.member) from exc
    if len({each.id for each in found.wanted}) != len(found.wanted):
        raise StandingRequestMalformed("wanted")
    return found
