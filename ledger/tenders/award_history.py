"""What the AwardLedger's events change of a tender: evaluation, objections, complaints, award."""

from dataclasses import replace
from functools import singledispatch
from typing import Any

from ledger.tenders import events
from ledger.tenders.events import (
    ComplaintState,
    LotEvent,
    Outcome,
    Phase,
    Stage,
    TenderEvent,
)
from ledger.tenders.state import Complaint, Course, Objection, TenderState, on_lot, subject_of
from ledger.tenders.suspensions import held, lifted, resumed, shifted_end


def after(state: TenderState, event: TenderEvent) -> TenderState | None:
    """Return the tender after an event of the AwardLedger; None for any other event."""
    done: TenderState | None = _after(event, state)
    return done


@singledispatch
def _after(event: Any, state: TenderState) -> TenderState | None:
    del event, state
    return None


@_after.register
def _(event: events.CommitteeCommitted, state: TenderState) -> TenderState:
    change = {"seats": event.seats, "committee": event.digest, "scored": {}}
    return _stepped(state, event, Phase.COMMITTED, **change)


@_after.register
def _(event: events.ScoreCommitted, state: TenderState) -> TenderState:
    scored = {**_course(state, event).scored, event.seat: event.digest}
    return _stepped(state, event, Phase.COMMITTED, scored=scored)


@_after.register
def _(event: events.ExpertReplaced, state: TenderState) -> TenderState:
    scored = _course(state, event).scored
    kept = {seat: digest for seat, digest in scored.items() if seat != event.seat}
    return _stepped(state, event, Phase.COMMITTED, scored=kept, committee=event.digest)


@_after.register
def _(event: events.ReportRecorded, state: TenderState) -> TenderState:
    is_last = event.part == state.announcement.parts
    candidates = event.bidders if is_last else ()
    return _stepped(state, event, Phase.EVALUATED, report=event.digest, candidates=candidates)


@_after.register
def _(event: events.AllRejected, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.ALL_REJECTED, report=event.digest)


@_after.register
def _(event: events.NoticePublished, state: TenderState) -> TenderState:
    notices = _course(state, event).notices + 1
    return _stepped(state, event, Phase.NOTICE, notice_end=event.until, notices=notices)


@_after.register
def _(event: events.ReviewOrdered, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.COMMITTED, scored={}, has_ground=False, upheld=None)


@_after.register
def _(event: events.Awarded, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.AWARDED, winner=event.winner, award=event.digest)


@_after.register
def _(event: events.Contracted, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.CONTRACTED, contract=event.digest)


@_after.register
def _(event: events.LotTerminated, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.TERMINATED)


@_after.register
def _(event: events.LotVoided, state: TenderState) -> TenderState:
    return _stepped(state, event, Phase.VOIDED)


@_after.register
def _(event: events.ObjectionLodged, state: TenderState) -> TenderState:
    lodged = Objection(
        event.lot,
        event.stage,
        subject_of(state, event.lot, event.stage),
        event.bidder,
        event.digest,
        event.place.block_time,
        event.due_at,
    )
    return replace(state, objections={**state.objections, event.objection: lodged})


@_after.register
def _(event: events.ObjectionAnswered, state: TenderState) -> TenderState:
    answered = replace(
        state.objections[event.objection],
        outcome=event.outcome,
        answered_at=event.place.block_time,
    )
    told = replace(state, objections={**state.objections, event.objection: answered})
    is_ground = answered.stage is Stage.RESULT and event.outcome is Outcome.UPHELD
    return _grounded(told, answered.lot, upheld=event.objection) if is_ground else told


@_after.register
def _(event: events.ComplaintFiled, state: TenderState) -> TenderState:
    place = (event.lot, event.stage, event.objection)
    filed = Complaint(*place, ComplaintState.PENDING, event.place.block_time)
    return replace(state, complaints={**state.complaints, event.complaint: filed})


@_after.register
def _(event: events.ComplaintMoved, state: TenderState) -> TenderState:
    at = event.place.block_time
    moved = replace(state.complaints[event.complaint], state=event.state, moved_at=at)
    told = replace(state, complaints={**state.complaints, event.complaint: moved})
    is_ground = moved.stage is Stage.RESULT and event.state is ComplaintState.SATISFIED
    return _grounded(told, moved.lot) if is_ground else told


@_after.register
def _(event: events.LotHeld, state: TenderState) -> TenderState:
    course = _course(state, event)
    suspension = held(course.suspension, event.objection, event.place.block_time)
    return _on_course(state, event, replace(course, suspension=suspension))


@_after.register
def _(event: events.LotHoldLifted, state: TenderState) -> TenderState:
    course = _course(state, event)
    return _on_course(
        state, event, replace(course, suspension=lifted(course.suspension, event.objection))
    )


@_after.register
def _(event: events.LotResumed, state: TenderState) -> TenderState:
    course = _course(state, event)
    ends = shifted_end(course.notice_end, course.suspension.since, event.shift)
    entered = {phase: at + event.shift for phase, at in course.entered.items()}
    course = replace(
        course, notice_end=ends, suspension=resumed(course.suspension), entered=entered
    )
    return _on_course(state, event, course)


def _course(state: TenderState, event: LotEvent) -> Course:
    return state.lot(event.lot).course


def _on_course(state: TenderState, event: LotEvent, course: Course) -> TenderState:
    return on_lot(state, event.lot, lambda lot: replace(lot, course=course))


def _stepped(state: TenderState, event: LotEvent, phase: Phase, **change: Any) -> TenderState:
    """Every step makes the course one of the present part."""
    course = _course(state, event)
    entered = {**course.entered, phase: event.place.block_time}
    told = {"phase": phase, "part": state.current_part, "entered": entered, **change}
    course = replace(course, **told)
    return _on_course(state, event, course)


def _grounded(state: TenderState, number: int, **change: Any) -> TenderState:
    """Something on the result was upheld, so that the evaluation may be reviewed."""
    course = replace(state.lot(number).course, has_ground=True, **change)
    return on_lot(state, number, lambda lot: replace(lot, course=course))
