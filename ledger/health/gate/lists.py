"""What the lists say of a code, and whether they are new enough: STATUS, TIME, STALE_LIST."""

from collections.abc import Iterator, Mapping
from typing import Final

from ledger.agreements.health_policy import Policy
from ledger.health.gate.case import AHEAD_SECONDS, Case
from ledger.health.gate.evidence import HeldStatus, Part
from ledger.health.gate.findings import GateFinding, denied, secondary, unknown
from ledger.health.reasons import Reason
from ledger.status_list import ListUnusable
from ledger.values import Status

_CHECKS: Final = {"trust": 4, "status": 5, "allow": 3, "rules": 4}
_HOUR: Final = 3_600
OFFLINE_MAX_AGE: Final = {
    "trust": 24 * _HOUR,
    "status": 6 * _HOUR,
    "allow": _HOUR,
    "rules": 7 * 24 * _HOUR,
}
"""How old each part may be in seconds where no policy is held that says it (proposed)."""


def status_findings(held: HeldStatus | None, index: int) -> Iterator[GateFinding]:
    """Yield what a status list says of its entry."""
    if held is None:
        return  # `age_findings` says that there is none
    try:
        status = held.entries.status(index)
    except ListUnusable:
        yield unknown(Reason.STALE_LIST, "status list too short", check=5)
        return
    if status is Status.SUSPENDED:
        yield secondary(Reason.STATUS, "suspended")
    elif status is not Status.VALID:
        yield denied(Reason.STATUS, status.name.lower())


def time_findings(begins: int, ends: int, case: Case) -> Iterator[GateFinding]:
    """Yield TIME unless `begins` <= at < `ends`.

    Another's clock may be ahead by 30 seconds; within what the gate's own may be wrong by, nobody
    knows.
    """
    early, late = begins - AHEAD_SECONDS - case.at, case.at + 1 - ends
    beyond, detail = max((early, "not yet"), (late, "no longer"))
    if beyond <= 0:
        return
    if beyond <= case.lane.most_clock_error:
        yield unknown(Reason.TIME, f"{detail}, if the clock is right")
    else:
        yield denied(Reason.TIME, detail)


def age_findings(
    parts: Mapping[str, Part | None], policy: Policy | None, case: Case
) -> Iterator[GateFinding]:
    """Yield STALE_LIST for parts that are not there, or older than the policy's `offlineMaxAge`.

    Without a policy `OFFLINE_MAX_AGE` counts. How old a part is that is dated later than now,
    nobody knows.
    """
    for name, part in parts.items():
        if part is None:
            yield unknown(Reason.STALE_LIST, f"no {name} list", check=_CHECKS[name])
            continue
        age = part.age(case.at)
        longest = policy.seconds("offlineMaxAge", name) if policy else OFFLINE_MAX_AGE[name]
        if not -AHEAD_SECONDS <= age <= longest:
            yield unknown(Reason.STALE_LIST, name, check=_CHECKS[name], age=age)


def clock_findings(case: Case) -> Iterator[GateFinding]:
    """Yield STALE_LIST when the gate's clock is behind what the gate knows to have happened."""
    behind = case.evidence.block.time - case.at
    if behind > AHEAD_SECONDS:
        yield unknown(Reason.STALE_LIST, "the clock is behind", check=6, age=-behind)
