"""The report: numbered checks with stable codes, and the verdict that follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from ledger.licences.catalogue import LANGUAGES
from ledger.values import Digest
from ledger.verification.evidence import Reading, Unreachable
from ledger.verification.messages import sentence_of, sentences_of

NAMES: Final = ("format", "integrity", "anchor", "issuer", "status", "validity", "holder")
"""A licence's checks in their order; the first has the number 1."""
_LOCAL: Final = timezone(timedelta(hours=8))
_FIRST_SECOND: Final = -62_135_596_800  # the year 1 begins in UTC
_LAST_SECOND: Final = 253_402_300_799 - 86_400  # a day before the end of the year 9999


class Result(StrEnum):
    """What one check found."""

    VALID = "VALID"
    INVALID = "INVALID"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


class Verdict(StrEnum):
    """What a report says as a whole."""

    VALID = "valid"
    INVALID = "invalid"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check; `facts` are JSON values: times RFC 3339 in UTC, validity local days."""

    number: int
    result: Result
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a warning; it never changes the verdict."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and the warnings that came up on its way."""

    check: Check
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The answer about one document at one time; `digest` None when there is no document in it.

    `reading` is what the judged facts were read from; `names` are the checks', in their order.
    """

    verdict: Verdict
    at: int
    digest: Digest | None
    checks: tuple[Check, ...]
    warnings: tuple[Notice, ...]
    reading: Reading | Unreachable
    names: tuple[str, ...] = NAMES

    def check(self, name: str) -> Check:
        """Return the check of that name."""
        return self.checks[self.names.index(name)]

    def to_json(self, languages: Sequence[str] = LANGUAGES) -> dict[str, Any]:
        """Return the report as a JSON object with its sentences in `languages`."""
        spoken = tuple(languages)
        return {
            "verdict": self.verdict.value,
            "at": rfc3339(self.at),
            "digest": None if self.digest is None else "0x" + self.digest.hex(),
            "checks": [
                {
                    "number": check.number,
                    "name": name,
                    "result": check.result.value,
                    **_spoken(check, spoken),
                }
                for name, check in zip(self.names, self.checks, strict=True)
            ],
            "warnings": [_spoken(warning, spoken) for warning in self.warnings],
            "evidence": _evidence(self.reading),
        }


def report_of(
    findings: Iterable[Finding],
    names: tuple[str, ...],
    *,
    at: int,
    digest: Digest | None,
    reading: Reading | Unreachable,
) -> Report:
    """Return the report; checks that were not come to are skipped."""
    found = list(findings)
    skipped = range(len(found) + 1, len(names) + 1)
    found += [Finding(Check(n, Result.SKIPPED, "skipped.earlier-check")) for n in skipped]
    checks = tuple(finding.check for finding in found)
    warnings = tuple(warning for finding in found for warning in finding.warnings)
    return Report(verdict_of(checks), at, digest, checks, warnings, reading, names)


def sentence(said: Check | Notice, language: str) -> str:
    """Return the sentence for a check or warning in one of `LANGUAGES`."""
    return sentence_of(said.code, said.facts, language)


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return invalid for any INVALID, else unconfirmed for any ERROR, else valid."""
    results = [check.result for check in checks]  # seven members: a set would hash each
    if Result.INVALID in results:
        return Verdict.INVALID
    return Verdict.UNCONFIRMED if Result.ERROR in results else Verdict.VALID


@lru_cache(maxsize=4_096)
def rfc3339(seconds: int) -> str:
    """Return a moment in UTC; a number of seconds that no calendar holds stays a number."""
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"


@lru_cache(maxsize=4_096)
def local_day(seconds: int) -> str:
    """Return the day at +08:00, the local time of licences; beyond the calendar, the number."""
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        return str(seconds)
    return datetime.fromtimestamp(seconds, _LOCAL).date().isoformat()


def _spoken(said: Check | Notice, languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "code": said.code,
        "facts": dict(said.facts),
        "sentence": sentences_of(said.code, said.facts, languages),
    }


def _evidence(reading: Reading | Unreachable) -> dict[str, Any]:
    if isinstance(reading, Unreachable):
        since = None if reading.since is None else rfc3339(reading.since)
        return {"source": None, "reason": reading.reason, "since": since}
    return {
        "source": reading.source.value,
        "ledger": {"chainId": reading.ledger.chain_id, "address": reading.ledger.address},
        "block": reading.block,
        "blockTime": rfc3339(reading.block_time),
        "readAt": rfc3339(reading.read_at),
    }
