"""Conversion 转码: which pass a host issues for what a traveller carries, or why it issues none.

Pure: signature, anchor, status and consent were judged before; here agreement, times, test, quota
and grade decide, in this order. The first refusal is the answer; it names what may be appealed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from ledger.agreements.agreement import InForce, scope_of
from ledger.agreements.durations import seconds_in
from ledger.agreements.health_policy import Policy
from ledger.certlogic.rules import CertificateType, Judgement
from ledger.errors import Refused
from ledger.health.rule_bundles import RuleBundle
from ledger.health.transfers import HealthTest, Transfer
from ledger.values import AgencyId, AgreementState, KeyId, Scope

CLOCK_SKEW_SECONDS: Final = 30
"""How far two agencies' clocks may differ."""
_LAST_MOMENT: Final = 253_402_300_799
"""9999-12-31T23:59:59Z: rules read dates of four-digit years alone."""


class Ground(StrEnum):
    """Why nothing is issued."""

    FORMAT = "FORMAT"
    SIGNATURE = "SIGNATURE"
    CLAIMS = "CLAIMS"
    ANCHOR = "ANCHOR"
    KEY_USAGE = "KEY_USAGE"
    KEY_STATE = "KEY_STATE"
    AGREEMENT = "AGREEMENT"
    CONSENT = "CONSENT"
    TIME = "TIME"
    TEST = "TEST"
    STATUS = "STATUS"
    PERSON = "PERSON"
    QUOTA = "QUOTA"
    GRADE = "GRADE"
    RULE = "RULE"


@dataclass(eq=False)
class ConversionRefused(Refused):
    """The host issues no pass for this transfer.

    `appeal` and `answer_within` say where to object and when an answer is due, as the policy has
    them; empty where no policy was reached.
    """

    ground: Ground
    cause: str
    appeal: str = ""
    answer_within: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What passes for a transfer will say: grade on the host's scale, first and last second."""

    grade: int
    not_before: int
    expires_at: int
    uses: int


def convert(transfer: Transfer, policy: Policy, *, at: int, quota_left: int | None) -> Terms:
    """Return the terms of the passes; raise `ConversionRefused`.

    `at` in Unix seconds; `quota_left` of the port and day that the traveller asks for, None where
    the policy sets none. A pass ends with the policy's freshness or with the test's age, whichever
    comes first.
    """
    document = policy.document
    parties = (document["from"], document["to"], document["version"])
    if (transfer.source, transfer.target, transfer.version) != parties:
        raise ConversionRefused(Ground.AGREEMENT, "another agreement")
    if not transfer.issued_at - CLOCK_SKEW_SECONDS <= at < transfer.expires_at:
        raise ConversionRefused(Ground.TIME, "outside the transfer's time")
    until = tested_until(transfer.test, policy, at)
    if quota_left is not None and quota_left <= 0:
        raise ConversionRefused(Ground.QUOTA, "none left today")
    grade = policy.grade_for(transfer.grade)
    if grade is None:
        raise ConversionRefused(Ground.GRADE, f"grade {transfer.grade}")
    ends = fresh_until(policy, at)
    if until is not None:
        ends = min(ends, until)
    return Terms(grade, at, ends, document["maxUses"])


@dataclass(frozen=True, slots=True)
class Origin:
    """Who signed a transfer with which key, and for which port it is used; None for any."""

    agency: AgencyId
    key: KeyId
    port: str | None


def check_recognised(in_force: InForce | None, origin: Origin) -> None:
    """Raise `ConversionRefused` unless an agreement takes in what comes from there now.

    Nothing is taken in while it is suspended as a whole, or for the agency, key, or port.
    """
    if in_force is None:
        raise ConversionRefused(Ground.AGREEMENT, "none in force")
    if in_force.state is AgreementState.SUSPENDED:
        raise ConversionRefused(Ground.AGREEMENT, "suspended")
    scopes = [(Scope.AGENCY, bytes(origin.agency)), (Scope.KEY, bytes(origin.key))]
    if origin.port is not None:
        scopes.append((Scope.PORT, scope_of(origin.port)))
    _check_scopes(in_force, scopes)


def check_grade(in_force: InForce, grade: int) -> None:
    """Raise `ConversionRefused` while the agreement is suspended for a grade of the receiver."""
    _check_scopes(in_force, [(Scope.GRADE, scope_of(str(grade)))])


def _check_scopes(in_force: InForce, scopes: Collection[tuple[Scope, bytes]]) -> None:
    for each in in_force.suspensions:
        if (each.scope_kind, each.scope) in scopes:
            kind = each.scope_kind.name.lower()
            raise ConversionRefused(Ground.AGREEMENT, f"suspended for this {kind}")


def check_rules(transfer: Transfer, bundle: RuleBundle, at: int) -> None:
    """Raise `ConversionRefused` unless every rule about tests, in force at `at`, is met.

    A rule sees the transfer as `{dob, t: [{tt, tr, sc, tc, co}], grade}`, the test by the names
    that HCERT gives them. One that cannot be evaluated is not met.
    """
    payload = _payload(transfer)
    for rule, judgement in bundle.judged(transfer.target, CertificateType.TEST, payload, at):
        if judgement is not Judgement.MET:
            raise ConversionRefused(Ground.RULE, f"{rule.identifier} {judgement}")


def _payload(transfer: Transfer) -> dict[str, Any]:
    test = transfer.test
    entry = {
        "tt": test.kind,
        "tr": test.result,
        "sc": _rfc3339(test.sampled_at),
        "tc": test.laboratory,
        "co": transfer.source,
    }
    return {"dob": transfer.person.birth_date, "t": [entry], "grade": transfer.grade}


def _rfc3339(at: int) -> str:
    return datetime.fromtimestamp(min(at, _LAST_MOMENT), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fresh_until(policy: Policy, at: int) -> int:
    """Return when a pass issued at `at` is stale: after so long, or as the receiver's day ends."""
    freshness, ends = policy.document["freshness"], []
    if "for" in freshness:
        ends.append(at + seconds_in(freshness["for"]))
    if "endOfLocalDay" in freshness:
        ends.append(_end_of_day(at, freshness["endOfLocalDay"]))
    return min(ends)


def tested_until(test: HealthTest, policy: Policy, at: int) -> int | None:
    """Return when a test is too old, None where none is required; raise `ConversionRefused`."""
    wanted = policy.document["test"]
    if not wanted["required"]:
        return None
    if test.kind not in wanted["kinds"]:
        raise ConversionRefused(Ground.TEST, "kind")
    if test.result != wanted["result"]:
        raise ConversionRefused(Ground.TEST, "result")
    if test.sampled_at > at:
        raise ConversionRefused(Ground.TEST, "sampled in the future")
    until = test.sampled_at + policy.seconds("test", "maxAge")
    if until <= at:
        raise ConversionRefused(Ground.TEST, "too old")
    return until


def _end_of_day(at: int, zone: str) -> int:
    here = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    return int(tomorrow.timestamp())
