"""Check 5: the licence was neither suspended nor revoked nor replaced at the time asked about."""

from collections.abc import Sequence
from typing import Any, Final

from ledger.status_list import ENTRIES
from ledger.values import Status
from ledger.verification.case import LicenceCase, finding
from ledger.verification.channels import (
    SEVERITY,
    Channel,
    Silence,
    Statement,
    hear_chain,
    hear_list,
)
from ledger.verification.check import Finding, Notice, Result, rfc3339
from ledger.verification.history import Effective

_CODES: Final = {
    Status.VALID: "status.valid",
    Status.SUSPENDED: "status.suspended",
    Status.SUPERSEDED: "status.superseded",
    Status.REVOKED: "status.revoked",
}
_PUNITIVE: Final = 320
_WITHDRAWN: Final = 340
_CANCELLED: Final = frozenset({330, 331, 332, 333, 334, 335, 350})


def check_status(case: LicenceCase) -> Finding:
    """Take the worse of chain and list; in force needs a statement as new as the policy wants."""
    if not 0 <= case.licence.index < ENTRIES:
        return finding(5, Result.INVALID, "status.index-invalid", {"index": case.licence.index})
    told = (hear_chain(case), hear_list(case))
    heard = [said for said in told if isinstance(said, Statement)]
    if not heard:
        # What is wrong with a list at hand says more than that nobody answered.
        return _silent(case, [said for said in told if isinstance(said, Silence)][-1])
    worst = _worst(heard)
    if worst.effective.status == Status.VALID:
        return _in_force(case, heard, _channels(heard))
    facts = _facts(case, worst, heard)
    return finding(5, Result.INVALID, _code(worst), facts, _channels(heard))


def _worst(heard: Sequence[Statement]) -> Statement:
    """The worse of the two; where their bits agree, the chain's, which knows ends and reasons."""
    if len({told.raw for told in heard}) == 1:
        return heard[0]
    return max(heard, key=_severity)


def _severity(told: Statement) -> int:
    return SEVERITY.index(told.effective.status)


def _in_force(
    case: LicenceCase, heard: Sequence[Statement], warnings: tuple[Notice, ...]
) -> Finding:
    fresh = [told for told in heard if case.at - told.as_of <= case.policy.max_evidence_age]
    if not fresh:
        return _silent(case, Silence("status.unreachable", "too-old", max(t.as_of for t in heard)))
    best = fresh[0]
    return finding(5, Result.VALID, _code(best), _facts(case, best, heard), warnings)


def _silent(case: LicenceCase, silence: Silence) -> Finding:
    facts: dict[str, Any] = {"why": silence.why}
    if silence.as_of is not None:
        known = "asOf" if silence.code == "status.list-stale" else "since"
        facts |= {known: rfc3339(silence.as_of), "age": max(0, case.at - silence.as_of)}
    return finding(5, Result.ERROR, silence.code, facts)


def _channels(heard: Sequence[Statement]) -> tuple[Notice, ...]:
    if len({told.raw for told in heard}) == 1:
        return ()
    facts = {}
    for told in heard:
        facts[told.channel.value] = told.raw.name
        facts[f"{told.channel.value}AsOf"] = rfc3339(told.as_of)
    return (Notice("status.channels-differ", facts),)


def _code(told: Statement) -> str:
    effective = told.effective
    if effective.annulled:
        return "status.annulled"
    if effective.lapsed:
        return "status.suspension-ended"
    if effective.status == Status.REVOKED:
        if effective.reason == _PUNITIVE:
            return "status.revoked-punitive"
        if effective.reason == _WITHDRAWN:
            return "status.withdrawn"
        if effective.reason in _CANCELLED:
            return "status.cancelled"
    return _CODES[effective.status]


def _facts(case: LicenceCase, told: Statement, heard: Sequence[Statement]) -> dict[str, Any]:
    effective = told.effective
    facts: dict[str, Any] = {"asOf": rfc3339(told.as_of), "channel": told.channel.value}
    facts |= _change(effective)
    if told.block is not None:
        facts["block"] = told.block
    if told.known_then is not None:
        facts["knownThen"] = told.known_then.name
    if effective.status == Status.SUPERSEDED and case.evidence.successor is not None:
        facts["successor"] = "0x" + case.evidence.successor.hex()
    for other in heard:
        if other.channel is Channel.LIST:
            facts["listAsOf"] = rfc3339(other.as_of)
    return facts


def _change(effective: Effective) -> dict[str, Any]:
    """What is known of the change that set the status; a bare bit knows none of it."""
    facts: dict[str, Any] = {}
    if effective.reason:
        facts["reason"] = effective.reason
    if effective.effective_at:
        facts["from"] = rfc3339(effective.effective_at)
    if effective.until:
        facts["until"] = rfc3339(effective.until)
    return facts
