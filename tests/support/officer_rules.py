"""What the contracts refuse of officers' calls, for the miniature that stands in for them.

Wallets ask the contract itself before they send such a call (`tender_officers.require_taken`).
"""

from dataclasses import astuple

from ledger.tenders.contract_errors import ObjectionClosed, ObjectionUnknown, OutcomeInvalid
from ledger.tenders.errors import (
    AlreadyDone,
    EndNotLater,
    OpeningInProgress,
    PolicyViolated,
    Rule,
    TenderNotOpen,
)
from ledger.tenders.events import Outcome, Phase
from ledger.tenders.phases import phase_at
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import TenderState
from ledger.tenders.suspensions import clock


def require_amendment(state: TenderState, ends: Ends, at: int, *, affects_bids: bool) -> None:
    """Raise unless the documents may be replaced at `at`, with these ends; also while suspended.

    Raises:
        TenderNotOpen: after submitEnd.
        EndNotLater: when an end would move earlier.
        PolicyViolated: when bidders would have too little time left.
    """
    phase = phase_at(state, 0, 1, at)
    if phase is not Phase.RECEIVING:
        raise TenderNotOpen(phase)
    for present, given in zip(astuple(state.ends[1]), astuple(ends), strict=True):
        if given < present:
            raise EndNotLater(present, given)
    required = clock(state.suspension, at) + state.terms.min_amendment
    if affects_bids and ends.submit_end < required:
        raise PolicyViolated(Rule.AMENDMENT, required, ends.submit_end)


def require_suspendable(state: TenderState, at: int) -> None:
    """Raise unless the tender may be made to stand still at `at`.

    Raises:
        OpeningInProgress: from the first secret of a part until its opening is over.
        TenderNotOpen: once the last opening is over, when only lots are suspended.
    """
    if state.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(state.ended)
    part = state.current_part
    is_over = _is_opening_over(state, part, at)
    if _has_begun(state, part) and not is_over:
        raise OpeningInProgress(part)
    if is_over and part == state.announcement.parts:
        raise TenderNotOpen(Phase.OPENED)


def require_order(state: TenderState, at: int) -> None:
    """Raise unless a supervisor may order the tender to stand still at `at`.

    Raises `AlreadyDone` while an order of its own lasts; others as `require_suspendable`.
    """
    if state.suspension.ordered_at:
        raise AlreadyDone
    require_suspendable(state, at)


def _has_begun(state: TenderState, part: int) -> bool:
    """Whether a trustee's secret of the part, or a second one of a bidder's, is out."""
    if state.released.get(part):
        return True
    return any(part in bid.recovered for lot in state.lots for bid in lot.bids.values())


def _is_opening_over(state: TenderState, part: int, at: int) -> bool:
    """Whether every lot with enough disclosed is recorded, or the last window ended."""
    ends, now = state.ends[part], clock(state.suspension, at)
    if now < ends.disclose_end:
        return False
    openable = [
        number
        for number in range(len(state.lots))
        if len(state.disclosed(number, part)) >= state.terms.min_disclosed
    ]
    recorded = sum(part in lot.openings for lot in state.lots)
    return now >= ends.fallback_end or recorded == len(openable)


def require_answer(state: TenderState, id_: bytes, outcome: Outcome) -> None:
    """Raise unless an objection may be answered so.

    Raises `ObjectionUnknown`, `ObjectionClosed` for one that was answered, and `OutcomeInvalid`
    for an answer that neither upholds nor dismisses.
    """
    found = state.objections.get(id_)
    if found is None:
        raise ObjectionUnknown(id_)
    if found.outcome is not Outcome.OPEN:
        raise ObjectionClosed(id_)
    if outcome is Outcome.OPEN:
        raise OutcomeInvalid
