"""The report of an audit: three answers, with what was wrong and what could not be looked at."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.errors import LedgerError
from ledger.events import Place
from ledger.licences.catalogue import LANGUAGES
from ledger.tenders.audit.messages import sentence
from ledger.tenders.ids import TenderId
from ledger.verification.check import Check, Result, Verdict, rfc3339, verdict_of

NAMES: Final = (
    "events",
    "clocks",
    "messages",
    "lists",
    "secrets",
    "files",
    "opening",
    "draw",
    "scores",
    "objections",
    "publication",
)
"""The steps in their order; the first has the number 1."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The answer about one tender at one time; `required` are steps that had to be taken."""

    tender: TenderId
    at: int
    verdict: Verdict
    checks: tuple[Check, ...]
    required: tuple[str, ...] = ()

    def check(self, name: str) -> Check:
        """Return the step of that name."""
        return self.checks[NAMES.index(name)]

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of steps that nobody could take with what was gathered."""
        named = zip(NAMES, self.checks, strict=True)
        return tuple(name for name, check in named if check.result is Result.SKIPPED)

    def requiring(self, names: Collection[str]) -> "AuditReport":
        """Return the report with these steps required: one that was skipped leaves it open."""
        required = tuple(name for name in NAMES if name in names)
        is_lacking = any(name in required for name in self.skipped)
        open_ = self.verdict is Verdict.VALID and is_lacking
        verdict = Verdict.UNCONFIRMED if open_ else self.verdict
        return replace(self, verdict=verdict, required=required)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object, its sentences in four languages."""
        return {
            "tender": "0x" + self.tender.hex(),
            "at": rfc3339(self.at),
            "verdict": self.verdict.value,
            "skipped": list(self.skipped),
            "required": list(self.required),
            "checks": [
                {
                    "number": check.number,
                    "name": name,
                    "result": check.result.value,
                    "code": check.code,
                    "sentence": {each: sentence(check.code, each) for each in LANGUAGES},
                    "facts": dict(check.facts),
                }
                for name, check in zip(NAMES, self.checks, strict=True)
            ],
        }


def report_of(tender: TenderId, at: int, checks: Iterable[Check]) -> AuditReport:
    """Return the report; steps that were not come to are skipped."""
    found = list(checks)
    found += [
        Check(number, Result.SKIPPED, "skipped.earlier-check")
        for number in range(len(found) + 1, len(NAMES) + 1)
    ]
    return AuditReport(tender, at, verdict_of(found), tuple(found))


def judged(
    name: str,
    faults: list[dict[str, Any]],
    open_: list[dict[str, Any]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Check:
    """Return a step's check: INVALID for any fault, ERROR for any open question, else VALID.

    `facts` stand beside these in any case.
    """
    told = dict(facts or {})
    if faults:
        return _check(name, Result.INVALID, "differs", {"faults": faults} | told)
    if open_:
        return _check(name, Result.ERROR, "unconfirmed", {"open": open_} | told)
    return _check(name, Result.VALID, "ok", told)


def skipped(name: str, why: str, facts: Mapping[str, Any] | None = None) -> Check:
    """Return the check of a step that cannot be taken, and why."""
    return _check(name, Result.SKIPPED, why, facts or {})


def fault(place: Place, error: LedgerError) -> dict[str, Any]:
    """Return a refusal as a fact: where on chain, and which rule with its values."""
    values = {name.rstrip("_"): _spelt(value) for name, value in error.values().items()}
    return {
        "block": place.block,
        "logIndex": place.log_index,
        "error": type(error).__name__,
    } | values


def _check(name: str, result: Result, code: str, facts: Mapping[str, Any]) -> Check:
    return Check(NAMES.index(name) + 1, result, f"{name}.{code}", facts)


def _spelt(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
