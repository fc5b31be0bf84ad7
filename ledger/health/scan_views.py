"""Asking which gates scanned one's passes 数据可看, signed by the key of each of them.

A signed CBOR document (see `signed`) that names the agency and the time, so that it is neither a
presentation nor good elsewhere. Passes on paper and codes of other countries have no key by which
anybody could prove that they are theirs.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import cbor, claims, passes, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.passes import HealthPass
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer
from ledger.values import AgencyId

_OURS: Final = -65552
_ID_BYTES: Final = 32
_MAX_PASS_BYTES: Final = 1_024


@dataclass(frozen=True, slots=True)
class ScanView:
    """One pass whose scans its holder wants to see at an agency; `health_pass` as it was signed."""

    agency: AgencyId
    asked_at: int
    health_pass: bytes


def sign(content: ScanView, signer: Signer) -> bytes:
    """Return the signed request; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> ScanView:
    """Return what it says before its signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, holder: PublicKey) -> None:
    """Raise `SignatureInvalid` unless the pass's holder signed it."""
    signed.payload_of(envelope, holder)


def content_of(envelope: Signed) -> HealthPass:
    """Return what a pass says, whoever signed it; raise `ClaimsInvalid`.

    For whoever knows by its digest that it is genuine.
    """
    try:
        return passes.read_claims(cbor.decode(envelope.message.payload))
    except cbor.CborMalformed as exc:
        raise ClaimsInvalid("encoding") from exc


def _spell(content: ScanView) -> dict[int, Any]:
    return {6: content.asked_at, _OURS: {1: content.agency, 2: content.health_pass}}


def _read(value: object) -> ScanView:
    top = claims.members("claims", value, {6, _OURS}, set())
    ours = claims.members("view", top[_OURS], {1, 2}, set())
    health_pass = ours[2]
    if type(health_pass) is not bytes or len(health_pass) > _MAX_PASS_BYTES:
        raise ClaimsInvalid("pass")
    return ScanView(
        AgencyId(claims.octets("aud", ours[1], _ID_BYTES)),
        claims.number("iat", top[6], claims.MAX_TIME),
        health_pass,
    )
