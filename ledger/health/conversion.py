"""Conversion 转码: which pass a host issues for what a traveller carries, or why it issues none.

Pure: signature, anchor, status and consent were judged before; here agreement, times, test, quota
and grade decide, in this order. The first refusal is the answer; it names what may be appealed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from ledger.errors import Refused
from ledger.health.durations import seconds_in
from ledger.health.policy import Policy
from ledger.health.transfers import Transfer

CLOCK_SKEW_SECONDS: Final = 30
"""How far two agencies' clocks may differ."""


class Ground(StrEnum):
    """Why nothing is issued."""

    AGREEMENT = "AGREEMENT"
    TIME = "TIME"
    TEST = "TEST"
    QUOTA = "QUOTA"
    GRADE = "GRADE"


@dataclass(eq=False)
class ConversionRefused(Refused):
    """The host issues no pass for this transfer."""

    ground: Ground
    detail: str


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
    tested_until = _tested_until(transfer, policy, at)
    if quota_left is not None and quota_left <= 0:
        raise ConversionRefused(Ground.QUOTA, "none left today")
    grade = policy.grade_for(transfer.grade)
    if grade is None:
        raise ConversionRefused(Ground.GRADE, f"grade {transfer.grade}")
    ends = fresh_until(policy, at)
    if tested_until is not None:
        ends = min(ends, tested_until)
    return Terms(grade, at, ends, document["maxUses"])


def fresh_until(policy: Policy, at: int) -> int:
    """Return when a pass issued at `at` is stale: after so long, or as the receiver's day ends."""
    freshness, ends = policy.document["freshness"], []
    if "for" in freshness:
        ends.append(at + seconds_in(freshness["for"]))
    if "endOfLocalDay" in freshness:
        ends.append(_end_of_day(at, freshness["endOfLocalDay"]))
    return min(ends)


def _tested_until(transfer: Transfer, policy: Policy, at: int) -> int | None:
    """When the test is too old; None where none is required."""
    wanted, test = policy.document["test"], transfer.test
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
