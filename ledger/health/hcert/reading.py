"""Judging a code of others: what it says, who signed it, and everything that speaks against it.

The order is: envelope, key, signature, then the content; nothing is read out of a payload before
its signature holds (hcert_spec.md §6.3). No input raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.certlogic.dates import Instant, InstantMalformed
from ledger.health import cose
from ledger.health.cose import KeyUnsupported, Sign1
from ledger.health.hcert import claims as hcert_claims
from ledger.health.hcert import envelope
from ledger.health.hcert.claims import Claims
from ledger.health.hcert.revocation import RevocationLists, Withdrawal
from ledger.health.hcert.trust import TrustedKey, TrustList
from ledger.health.reasons import CodeRefused, Finding, Reason
from ledger.keys import SignatureInvalid
from ledger.values import KeyState, Seconds

AHEAD: Final = 30
"""Seconds that a signer's clock may be ahead of ours (hcert_spec.md §3.3.1 leaves it open)."""
_EARLIEST_DAY: Final = 14 * 3600 * 1000
"""Milliseconds by which a day begins earlier on Kiritimati than in UTC."""

NO_LISTS: Final = RevocationLists({})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller allows: `ahead` and `behind` in seconds, tolerated faults of the content.

    A code holds while `iat <= at + ahead` and `at < exp + behind`.
    """

    ahead: int = AHEAD
    behind: int = 0
    tolerances: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """A code as read: as far as its reading came, with all that speaks against it, worst first."""

    message: Sign1 | None
    key: TrustedKey | None
    claims: Claims | None
    findings: tuple[Finding, ...]

    @property
    def code(self) -> str:
        """The first finding's reason, or `OK`."""
        return self.findings[0].reason if self.findings else "OK"


def read(
    text: str,
    trust: TrustList,
    at: Seconds,
    limits: Limits | None = None,
    revocation: RevocationLists = NO_LISTS,
) -> Reading:
    """Return what a code says at `at`, judged by `trust`; agreements and rules are the gate's.

    Findings: PREFIX, FORMAT, KEY_UNKNOWN, SIGNATURE and CLAIMS alone; KEY_USAGE, KEY_STATE, STATUS,
    TIME and RULE (a positive test, an event in the future) together. A STATUS of
    `perhaps withdrawn` wants to be asked about online and refuses nobody.
    """
    message = None
    try:
        message = envelope.read(text)
        key = signer(message, trust)
    except CodeRefused as refused:
        return Reading(message, None, None, (Finding(refused.reason, refused.detail),))
    return opened(message, key, at, limits or Limits(), revocation)


def opened(
    message: Sign1, key: TrustedKey, at: Seconds, limits: Limits, revocation: RevocationLists
) -> Reading:
    """Return what a message says that `key` was found to have signed; findings as `read` has."""
    try:
        claims = hcert_claims.read(message.payload, limits.tolerances)
    except CodeRefused as refused:
        return Reading(message, key, None, (Finding(refused.reason, refused.detail),))
    found = (
        *_key_findings(key, claims, at),
        *_status_findings(message, claims, revocation),
        *_time_findings(claims, at, limits),
        *_event_findings(claims, at),
    )
    return Reading(message, key, claims, found)


def signer(message: Sign1, trust: TrustList) -> TrustedKey:
    """Return the first key of the message's kid that made its signature.

    Raises `CodeRefused` with KEY_UNKNOWN where the list has none of that kid, else SIGNATURE.
    """
    candidates = trust.candidates(message.header(cose.KID))
    if not candidates:
        raise CodeRefused(Reason.KEY_UNKNOWN, "no key of this kid")
    for candidate in candidates:
        try:
            cose.verify(message, candidate.key)
        except (SignatureInvalid, KeyUnsupported):
            continue
        return candidate
    raise CodeRefused(Reason.SIGNATURE, "no key of this kid made it")


_STATES: Final = {
    KeyState.FROZEN: "frozen",
    KeyState.COMPROMISED: "compromised",
    KeyState.EXPIRED: "expired",
    KeyState.UNKNOWN: "unknown",
}


def _key_findings(key: TrustedKey, claims: Claims, at: Seconds) -> Iterator[Finding]:
    if claims.type not in key.usages:
        yield Finding(Reason.KEY_USAGE, f"not for {claims.type.lower()}")
    if key.state in _STATES:
        yield Finding(Reason.KEY_STATE, _STATES[key.state])
    elif not key.not_before <= claims.issued_at or claims.expires_at > key.not_after:
        yield Finding(Reason.KEY_STATE, "the code outlives its key")
    elif not key.not_before <= at <= key.not_after:
        yield Finding(Reason.KEY_STATE, "expired")


def _status_findings(
    message: Sign1, claims: Claims, revocation: RevocationLists
) -> Iterator[Finding]:
    withdrawal = revocation.withdrawal(message, claims)
    if withdrawal is not Withdrawal.NO:
        yield Finding(Reason.STATUS, withdrawal)


def _time_findings(claims: Claims, at: Seconds, limits: Limits) -> Iterator[Finding]:
    if claims.issued_at > at + limits.ahead:
        yield Finding(Reason.TIME, "not yet")
    elif claims.expires_at + limits.behind <= at:
        yield Finding(Reason.TIME, "no longer")


def _event_findings(claims: Claims, at: Seconds) -> Iterator[Finding]:
    if claims.is_detected:
        yield Finding(Reason.RULE, "detected")
    try:
        event = claims.event()
    except InstantMalformed:
        yield Finding(Reason.RULE, "an unreadable date")
        return
    early = _EARLIEST_DAY if claims.is_day else 0
    if event > Instant(at * 1000 + early):
        yield Finding(Reason.RULE, "in the future")
