"""One decision's givens, and how its answer about one person is put together."""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from ledger.health.gate.evidence import GateEvidence, Part
from ledger.health.gate.findings import (
    GateCheck,
    GateFinding,
    checks,
    denied,
    headline,
    in_order,
    unknown,
)
from ledger.health.gate.lane import Lane, Memory
from ledger.health.gate.outcome import Outcome
from ledger.health.gate.report import Citations, Effects, PersonReport, Recognition, Shown
from ledger.health.reasons import CodeRefused, Reason

AHEAD_SECONDS: Final = 30
"""How far another's clock may be ahead of the gate's."""


class Case(NamedTuple):
    """What a code is judged by: `at` in Unix seconds by the gate's clock."""

    evidence: GateEvidence
    lane: Lane
    at: int
    memory: Memory


def answer(  # noqa: PLR0913  # what a report has, by name
    findings: Sequence[GateFinding],
    case: Case,
    *,
    skipped: tuple[int, ...] = (),
    recognition: Recognition | None = None,
    status: Part | None = None,
    allow: Part | None = None,
    shown: Shown | None = None,
    effects: Effects | None = None,
) -> PersonReport:
    """Return the answer about one person; `skipped` checks do not apply to this kind of code."""
    found = in_order(findings) if findings else ()
    first = headline(found) if found else None
    evidence = case.evidence
    return PersonReport(
        outcome=Outcome.ACCEPT if first is None else first.outcome,
        headline=first,
        findings=found,
        checks=checks(found, skipped) if found else _unopposed(skipped),
        citations=Citations(
            bundle=evidence.sequence,
            block=evidence.block,
            is_online=evidence.is_online,
            trust=evidence.trust,
            rules=evidence.rules,
            status=status,
            allow=allow,
            recognition=recognition,
        ),
        shown=shown,
        effects=effects,
    )


def ended(refused: CodeRefused, case: Case) -> PersonReport:
    """Return the answer where one of the first five reasons ended the decision."""
    if refused.reason is Reason.KEY_UNKNOWN:
        as_of = case.evidence.trust.as_of
        return answer([unknown(Reason.KEY_UNKNOWN, refused.detail, as_of=as_of)], case)
    return answer([denied(refused.reason, refused.detail)], case)


@cache
def _unopposed(skipped: tuple[int, ...]) -> tuple[GateCheck, ...]:
    return checks((), skipped)
