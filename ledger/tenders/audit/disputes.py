"""Step 10: objections and complaints against the states that they block."""

from ledger.errors import Refused
from ledger.tenders import dues, objections
from ledger.tenders.audit.awards import unfounded_awards
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.filed import unanswered
from ledger.tenders.audit.report import fault, judged
from ledger.tenders.events import (
    Awarded,
    ComplaintMoved,
    HoldLifted,
    LotHoldLifted,
    NoticePublished,
    ObjectionLodged,
    Outcome,
    PartScheduled,
    TenderEvent,
)
from ledger.tenders.state import TenderState
from ledger.tenders.transitions import require_award, require_complaint_move, require_notice
from ledger.verification.check import Check


def check_objections(bundle: TenderBundle, state: TenderState, history: History, at: int) -> Check:
    """Demand that nothing was awarded while something blocked it, and that answers came in time.

    Nor may a second part take the time to object to the first one's opening, or what a service
    signed for be left unanswered (`filed`), or a winner's licences have lapsed (`awards`).

    Time is the law's, by the calendar (`dues.answer_due`).
    """
    faults, open_ = unanswered(bundle, history, state, at)
    unfounded, unsure = unfounded_awards(bundle)
    faults, open_ = [*faults, *unfounded], [*open_, *unsure]
    for event, before in history:
        try:
            _require_legal(event, before)
        except Refused as refused:
            faults.append(fault(event.place, refused))
    faults += [
        {
            "objection": "0x" + id_.hex(),
            "stage": each.stage.name,
            "dueAt": dues.answer_due(state.terms, each.lodged_at),
        }
        for id_, each in state.objections.items()
        if dues.is_overdue(each, state.terms, at)
    ]
    return judged("objections", faults, open_)


def _require_legal(event: TenderEvent, before: TenderState) -> None:
    at = event.place.block_time
    match event:
        case Awarded():
            require_award(before, event.lot, event.winner, event.reason, at)
        case NoticePublished():
            require_notice(before, event.lot, event.until, at)
        case ObjectionLodged():
            _require_lodged(event, before, at)
        case PartScheduled():
            objections.require_shown(before, at)
        case HoldLifted() | LotHoldLifted() if _is_unanswered(before, event.objection):
            objections.require_liftable(before, event.objection, at)
        case ComplaintMoved() if event.complaint in before.complaints:
            require_complaint_move(before.complaints[event.complaint].state, event.state)
        case _:
            return


def _require_lodged(event: ObjectionLodged, before: TenderState, at: int) -> None:
    objections.require_timely(before, event.lot, event.stage, at)
    objections.require_new(before, event.objection)
    if int(event.bidder, 16):
        objections.require_live_key(before, event.lot, event.bidder)
        objections.require_first(before, event.lot, event.stage, event.bidder)


def _is_unanswered(before: TenderState, id_: bytes) -> bool:
    found = before.objections.get(id_)
    return found is not None and found.outcome is Outcome.OPEN
