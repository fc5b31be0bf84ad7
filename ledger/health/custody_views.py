"""Asking what an agency keeps about one's own trips 数据可看, signed by the key they go by.

A signed CBOR document (see `signed`) that names the agency, the time and the exemption or the trip,
so that it is good nowhere else.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.custody_registrations import SUBJECT_BYTES
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer
from ledger.values import AgencyId

_OURS: Final = -65554
_AGENCY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class CustodyView:
    """What somebody asks to see: `subject`, an exemption or the trip of an arrival, 16 bytes."""

    agency: AgencyId
    asked_at: int
    subject: bytes


def sign(content: CustodyView, signer: Signer) -> bytes:
    """Return the signed request; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> CustodyView:
    """Return what it says before its signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, traveller: PublicKey) -> None:
    """Raise `SignatureInvalid` unless the traveller signed it."""
    signed.payload_of(envelope, traveller)


def _spell(content: CustodyView) -> dict[int, Any]:
    return {6: content.asked_at, _OURS: {1: content.agency, 2: content.subject}}


def _read(value: object) -> CustodyView:
    top = claims.members("claims", value, {6, _OURS}, set())
    ours = claims.members("view", top[_OURS], {1, 2}, set())
    return CustodyView(
        AgencyId(claims.octets("aud", ours[1], _AGENCY_BYTES)),
        claims.number("iat", top[6], claims.MAX_TIME),
        claims.octets("subject", ours[2], SUBJECT_BYTES),
    )
