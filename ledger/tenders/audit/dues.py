"""Periods between one step and the next: what came too late by the law's calendar, or not at all.

The ledger proves when a step was recorded. Where the law counts something else besides, being late
is no fault yet: time of experts does not count (招标投标法实施条例 art. 61), and a contract may
have been signed before its digest was anchored (招标投标法 art. 46).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

from ledger.tenders import events
from ledger.tenders.audit.pauses import paused
from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import ComplaintState, TenderEvent
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import legal_end
from ledger.tenders.state import TenderState

NOTICE, ACCEPT, DECIDE, CONTRACT = "noticeBegins", "complaintAccept", "complaintDecide", "contract"
PERIODS: Final = (NOTICE, ACCEPT, DECIDE, CONTRACT)
_UNPROVEN: Final = {DECIDE: "experts-time-not-told", CONTRACT: "signing-not-told"}
"""Periods that the ledger tells too little of to call anybody late, and what it does not tell."""

Key = int | bytes
"""A lot, or a complaint."""
Facts = list[dict[str, Any]]


class _Act(Enum):
    BEGINS = "begins"
    MET = "met"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class _Span:
    """A period that began with an event, and the event that met it, None while it runs."""

    period: str
    key: Key
    begun: TenderEvent
    met: TenderEvent | None = None


def late(
    policy: TenderPolicy, own: Sequence[TenderEvent], state: TenderState, at: int
) -> tuple[Facts, Facts]:
    """Return the steps that were late, or are by `at`, and those that nobody can call so."""
    faults: Facts = []
    open_: Facts = []
    for span in _spans(own, state.announcement.parts):
        if span.period not in policy.periods:
            continue
        told = {"period": span.period, "block": span.begun.place.block, **_named(span.key)}
        try:
            due = _due_at(policy, own, state, span, at)
        except CalendarUnknown as unknown:
            if _moment(span, at) < _first_second(policy, unknown.year):
                continue  # it ends in that year or later
            open_.append(told | {"error": "CalendarUnknown", "year": unknown.year})
            continue
        if due is None:
            continue
        told["dueAt"] = due
        if span.period in _UNPROVEN:
            open_.append(told | {"why": _UNPROVEN[span.period]})
        else:
            faults.append(told | {"error": "StepLate"})
    return faults, open_


def _due_at(
    policy: TenderPolicy, own: Sequence[TenderEvent], state: TenderState, span: _Span, at: int
) -> int | None:
    """When a step was due that was late; None where it was not. Nobody is late while it stands."""
    begun_at, moment = span.begun.place.block_time, _moment(span, at)
    lot = span.key if isinstance(span.key, int) else None
    due = legal_end(policy, span.period, begun_at).at
    due += paused(tuple(own), state, lot, (begun_at, moment))
    return due if moment >= due else None


def _moment(span: _Span, at: int) -> int:
    """When the step came, or `at` while it is awaited."""
    return at if span.met is None else span.met.place.block_time


def _first_second(policy: TenderPolicy, year: int) -> int:
    return policy.calendar.start_of(date(year, 1, 1))


def _spans(own: Sequence[TenderEvent], parts: int) -> Iterator[_Span]:
    running: dict[tuple[str, Key], TenderEvent] = {}
    for event in own:
        if isinstance(event, events.TenderTerminated | events.TenderVoided):
            running.clear()
        for act, period, key in _acts(event, parts):
            if act is _Act.BEGINS:
                running[period, key] = event
            elif (begun := running.pop((period, key), None)) is not None and act is _Act.MET:
                yield _Span(period, key, begun, event)
    for (period, key), begun in running.items():
        yield _Span(period, key, begun)


def _acts(event: TenderEvent, parts: int) -> tuple[tuple[_Act, str, Key], ...]:
    match event:
        case events.ReportRecorded(lot=lot, part=part) if part == parts:
            return ((_Act.BEGINS, NOTICE, lot),)
        case events.NoticePublished(lot=lot):
            return ((_Act.MET, NOTICE, lot),)
        case events.Awarded(lot=lot) | events.Contracted(lot=lot):
            act = _Act.BEGINS if isinstance(event, events.Awarded) else _Act.MET
            return ((act, CONTRACT, lot),)
        case events.ReviewOrdered(lot=lot) | events.AllRejected(lot=lot):
            return ((_Act.VOID, NOTICE, lot),)
        case events.LotTerminated(lot=lot) | events.LotVoided(lot=lot):
            return ((_Act.VOID, NOTICE, lot), (_Act.VOID, CONTRACT, lot))
        case _:
            return _complaint_acts(event)


def _complaint_acts(event: TenderEvent) -> tuple[tuple[_Act, str, Key], ...]:
    match event:
        case events.ComplaintFiled(complaint=complaint):
            return ((_Act.BEGINS, ACCEPT, complaint),)
        case events.ComplaintMoved(complaint=complaint, state=ComplaintState.ACCEPTED):
            return ((_Act.MET, ACCEPT, complaint), (_Act.BEGINS, DECIDE, complaint))
        case events.ComplaintMoved(complaint=complaint):
            return ((_Act.MET, ACCEPT, complaint), (_Act.MET, DECIDE, complaint))
        case _:
            return ()


def _named(key: Key) -> dict[str, Any]:
    return {"lot": key} if isinstance(key, int) else {"complaint": "0x" + key.hex()}
