"""Reader certificates: how a gate proves itself to a holder before anything is shown (mode B).

A signed CBOR document (see `signed`) by an agency key with the usage READERS, good for seven days
at most: whose gate it is, where it stands, its reader key, and what it may ask for. A reader that
nobody authorised cannot answer for itself, so a false gate collects nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.authority import Agency, DocumentKey
from ledger.errors import Refused, Unavailable
from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.presentations import Challenge
from ledger.health.signed import Signed, SignedMalformed
from ledger.keys import PublicKey, SignatureInvalid, Signer
from ledger.values import AgencyStatus, KeyState, KeyUsage

MAX_LIFE_SECONDS: Final = 7 * 24 * 3_600
CHALLENGE_SECONDS: Final = 60
"""How old a challenge may be when it is answered."""
SKEW_SECONDS: Final = 30
"""How far the clock of a gate may be ahead of the holder's."""
_MAX_CODE: Final = 64
_MAX_NAME: Final = 48
_HOLDER: Final = 8
_OURS: Final = -65539


class Fault(StrEnum):
    """Why nothing is shown to a gate."""

    FORM = "form"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    AGENCY = "agency"
    KEY_USAGE = "key-usage"
    KEY_STATE = "key-state"
    TIME = "time"
    CHALLENGE_SIGNATURE = "challenge-signature"
    CHALLENGE_TIME = "challenge-time"
    PURPOSE = "purpose"


@dataclass(eq=False)
class ReaderRefused(Refused):
    """The gate does not prove that it may ask; nothing is shown to it."""

    fault: Fault


@dataclass(eq=False)
class ReaderUnknown(Unavailable):
    """The key that vouches for the gate is not known here."""

    kid: bytes


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a gate is. Times in Unix seconds, `not_before` inside and `expires_at` outside.

    `agency` is the organisation code, `checkpoint` and `lane` as the agency names them, `purposes`
    bits as in a pass.
    """

    jurisdiction: str
    agency: str
    checkpoint: str
    lane: str
    purposes: int
    not_before: int
    expires_at: int
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Voucher:
    """A key that may vouch for gates, and the agency whose key it is."""

    agency: Agency
    key: DocumentKey


def sign(content: Reader, signer: Signer) -> bytes:
    """Return the signed certificate; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> Reader:
    """Return what it says before anybody's signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, _read, _spell)


def verify(envelope: Signed, key: PublicKey) -> Reader:
    """Return what `key` signed; raise `SignatureInvalid`, or `ClaimsInvalid` thereafter."""
    return claims.open_claims(signed.payload_of(envelope, key), _read, _spell)


def check(challenge: Challenge, vouchers: Iterable[Voucher], at: int) -> Reader:
    """Return who asks with `challenge`, for a holder to decide whether to show anything.

    `vouchers` are the keys that the holder knows, of whichever agencies. What is asked for is the
    challenge's `purpose`, found to be among the reader's.

    Raises:
        ReaderUnknown: when none of the keys has the certificate's kid.
        ReaderRefused: for a certificate or challenge that is not good at `at`, first fault first.
    """
    reader = _certified(challenge.certificate, vouchers, at)
    try:
        challenge.verify(reader.key)
    except SignatureInvalid as exc:
        raise ReaderRefused(Fault.CHALLENGE_SIGNATURE) from exc
    if not -SKEW_SECONDS <= at - challenge.time <= CHALLENGE_SECONDS:
        raise ReaderRefused(Fault.CHALLENGE_TIME)
    if not reader.purposes >> challenge.purpose & 1:
        raise ReaderRefused(Fault.PURPOSE)
    return reader


def _certified(certificate: bytes, vouchers: Iterable[Voucher], at: int) -> Reader:
    try:
        envelope = signed.read(certificate)
    except SignedMalformed as exc:
        raise ReaderRefused(Fault.FORM) from exc
    kid = envelope.kid
    candidates = [each for each in vouchers if each.key.public_key.key_id.startswith(kid)]
    if not candidates:
        raise ReaderUnknown(kid)
    reader, voucher = _vouched(envelope, candidates)
    named = (voucher.agency.jurisdiction, voucher.agency.code)
    if (reader.jurisdiction, reader.agency) != named:
        raise ReaderRefused(Fault.AGENCY)
    if voucher.agency.status is not AgencyStatus.ACTIVE:
        raise ReaderRefused(Fault.AGENCY)
    _check_key(voucher.key, reader, at)
    if not reader.not_before <= at < reader.expires_at:
        raise ReaderRefused(Fault.TIME)
    return reader


def _vouched(envelope: Signed, candidates: Iterable[Voucher]) -> tuple[Reader, Voucher]:
    """The certificate's content and whoever signed it: eight bytes of a kid may be several's."""
    for voucher in candidates:
        try:
            return verify(envelope, voucher.key.public_key), voucher
        except SignatureInvalid:
            continue
        except ClaimsInvalid as exc:
            raise ReaderRefused(Fault.CLAIMS) from exc
    raise ReaderRefused(Fault.SIGNATURE)


def _check_key(key: DocumentKey, reader: Reader, at: int) -> None:
    """A key that is frozen or reported stolen vouches for nobody: its thief chooses the times."""
    if KeyUsage.READERS not in key.usage:
        raise ReaderRefused(Fault.KEY_USAGE)
    if key.frozen or key.distrust_from:
        raise ReaderRefused(Fault.KEY_STATE)
    if key.state_at(reader.not_before) is not KeyState.ACTIVE or at >= key.verify_until:
        raise ReaderRefused(Fault.KEY_STATE)


def _spell(content: Reader) -> dict[int, Any]:
    return {
        1: content.jurisdiction,
        4: content.expires_at,
        5: content.not_before,
        _HOLDER: claims.spell_holder(content.key),
        _OURS: {
            1: content.agency,
            2: content.checkpoint,
            3: content.lane,
            4: content.purposes,
        },
    }


def _read(value: object) -> Reader:
    top = claims.members("claims", value, {1, 4, 5, _HOLDER, _OURS}, set())
    ours = claims.members("reader", top[_OURS], {1, 2, 3, 4}, set())
    content = Reader(
        jurisdiction=claims.text("iss", top[1], claims.MAX_JURISDICTION_CHARACTERS),
        agency=claims.text("agency", ours[1], _MAX_CODE),
        checkpoint=claims.text("checkpoint", ours[2], _MAX_NAME),
        lane=claims.text("lane", ours[3], _MAX_NAME),
        purposes=claims.number("purposes", ours[4], 2**32, least=1),
        not_before=claims.number("nbf", top[5], claims.MAX_TIME),
        expires_at=claims.number("exp", top[4], claims.MAX_TIME),
        key=claims.holder_key(top[_HOLDER]),
    )
    if not 0 < content.expires_at - content.not_before <= MAX_LIFE_SECONDS:
        raise ClaimsInvalid("exp")
    return content
