"""What speaks against a code, and which check and outcome each finding makes.

The numbers are those of the numbered verification: 1 format, 2 integrity, 3 anchor, 4 issuer,
5 status, 6 validity, 7 holder. A finding of policy leaves the document valid: it has no check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.health.gate.outcome import Outcome, worst
from ledger.health.reasons import Reason
from ledger.verification.check import NAMES, Result

NUMBERS: Final[Mapping[Reason, int]] = {
    Reason.PREFIX: 1,
    Reason.FORMAT: 1,
    Reason.KEY_UNKNOWN: 4,
    Reason.SIGNATURE: 2,
    Reason.CLAIMS: 2,
    Reason.ANCHOR: 3,
    Reason.KEY_USAGE: 4,
    Reason.KEY_STATE: 4,
    Reason.AGREEMENT: 4,
    Reason.STATUS: 5,
    Reason.TIME: 6,
    Reason.PRESENTATION: 7,
    Reason.REPLAY: 7,
    Reason.ID_MISMATCH: 7,
}
"""The check of each reason that has the same one always; STALE_LIST has that of its list."""
_ORDER: Final = {reason: place for place, reason in enumerate(Reason)}
_ENDS: Final = frozenset(
    (Reason.PREFIX, Reason.FORMAT, Reason.KEY_UNKNOWN, Reason.SIGNATURE, Reason.CLAIMS)
)
"""After one of these the rest of a code is not looked at."""


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One reason and its outcome; `facts` fill its sentence, times in Unix seconds.

    `detail` says in a few words what was found. `check` is None for findings of policy; `result`
    is INVALID where the gate knows, ERROR where it cannot.
    """

    reason: Reason
    outcome: Outcome
    detail: str
    check: int | None = None
    result: Result = Result.INVALID
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One numbered check as the gate saw it."""

    number: int
    result: Result

    @property
    def name(self) -> str:
        """Its name in every report of ours."""
        return NAMES[self.number - 1]


def denied(reason: Reason, detail: str, **facts: Any) -> GateFinding:
    """Return a finding that the gate is sure of."""
    return GateFinding(reason, Outcome.DENY, detail, NUMBERS.get(reason), Result.INVALID, facts)


def unknown(reason: Reason, detail: str, check: int | None = None, **facts: Any) -> GateFinding:
    """Return a finding that says that this gate cannot know."""
    number = check or NUMBERS.get(reason)
    return GateFinding(reason, Outcome.UNKNOWN, detail, number, Result.ERROR, facts)


def secondary(
    reason: Reason, detail: str, result: Result = Result.INVALID, **facts: Any
) -> GateFinding:
    """Return a finding that a person has to decide about."""
    return GateFinding(reason, Outcome.SECONDARY, detail, NUMBERS.get(reason), result, facts)


def in_order(findings: Iterable[GateFinding]) -> tuple[GateFinding, ...]:
    """Return the findings in the order of reasons."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.reason]))


def headline(findings: Iterable[GateFinding]) -> GateFinding | None:
    """Return the first finding of the worst outcome, given in order; None for none."""
    found = tuple(findings)
    outcome = worst(finding.outcome for finding in found)
    return next((finding for finding in found if finding.outcome is outcome), None)


def checks(findings: Iterable[GateFinding], skipped: Iterable[int] = ()) -> tuple[GateCheck, ...]:
    """Return all seven checks; `skipped` are those that do not apply to this kind of code.

    A check that has an INVALID finding is invalid, else one that has an ERROR is an error.
    """
    results = dict.fromkeys(range(1, len(NAMES) + 1), Result.VALID)
    results |= dict.fromkeys(skipped, Result.SKIPPED)
    for finding in findings:
        if finding.reason in _ENDS:
            first = min(finding.check or 1, NUMBERS[Reason.SIGNATURE])
            results |= dict.fromkeys(range(first, len(NAMES) + 1), Result.SKIPPED)
        if finding.check is not None and results[finding.check] is not Result.INVALID:
            results[finding.check] = finding.result
    return tuple(GateCheck(number, result) for number, result in results.items())
