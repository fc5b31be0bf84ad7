"""Check 6 of a decision: the ledger did to the licence what the decision says."""

from collections.abc import Sequence
from typing import Any

from ledger.errors import Refused
from ledger.events import StatusChanged
from ledger.licences.decisions import Decision
from ledger.values import Status
from ledger.verification.case import DecisionCase, finding, unreachable
from ledger.verification.check import Finding, Result, rfc3339
from ledger.verification.history import events_of


def check_change(case: DecisionCase) -> Finding:
    """Look for the decision's own event among those of the licence's entry.

    One that contradicts it is INVALID; none at all is ERROR: the change may still come.
    """
    if case.licence is None or isinstance(case.licence, Refused):
        return finding(6, Result.SKIPPED, "change.not-asked")
    history = case.evidence.history
    if history is None:
        return unreachable(6, "change.unreachable", case, "history-missing")
    _, licence = case.licence
    events = events_of(
        [event for event in history if event.place.block_time <= case.moment],
        agency=case.subject.agency,
        list_number=licence.list,
        index=licence.index,
    )
    return _compare(case, events)


def _compare(case: DecisionCase, events: Sequence[StatusChanged]) -> Finding:
    decision = case.signed.decision
    own = next((event for event in events if _terms(event) == _terms(decision)), None)
    if own is not None:
        return finding(6, Result.VALID, "change.ok", _facts(own))
    other = next((event for event in events if _contradicts(event, decision)), None)
    if other is not None:
        return finding(6, Result.INVALID, "change.differs", _facts(other))
    if decision.effective_at > case.moment:
        due = {"from": rfc3339(decision.effective_at)}
        return finding(6, Result.ERROR, "change.pending", due)
    return finding(6, Result.ERROR, "change.not-found")


def _terms(told: StatusChanged | Decision) -> tuple[int, int, int, int]:
    return told.status, told.reason, told.effective_at, told.until


def _contradicts(event: StatusChanged, decision: Decision) -> bool:
    """Whether an event is this decision's, told otherwise.

    A change is known by its status and the second it counts from; a revocation, of which there is
    one at most, by its reason as well.
    """
    if event.status != decision.status:
        return False
    if event.effective_at == decision.effective_at:
        return True
    return event.status == Status.REVOKED and event.reason == decision.reason


def _facts(event: StatusChanged) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "block": event.place.block,
        "time": rfc3339(event.place.block_time),
        "status": Status(event.status).name,
        "reason": event.reason,
    }
    if event.effective_at:
        facts["from"] = rfc3339(event.effective_at)
    if event.until:
        facts["until"] = rfc3339(event.until)
    return facts
