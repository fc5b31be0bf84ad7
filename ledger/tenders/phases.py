"""Where a lot stands at a time, exactly as the contracts derive it (TenderTimes, IAwardLedger).

Nobody presses "close": a phase follows from the ends, the counts and the time. While a tender is
suspended its clock stands at the second at which that began.
"""

from typing import Final

from ledger.tenders.events import FINAL_PHASES, Phase
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import Lot, TenderState
from ledger.tenders.suspensions import clock, shifted

PRICE_PART: Final = 2
EXITS: Final = frozenset((Phase.TERMINATED, Phase.VOIDED))
"""How a buyer, or its supervisor, ends a lot or all of them."""


def effective_ends(state: TenderState, part: int, at: int) -> Ends | None:
    """Return a part's ends if a present suspension ended at `at`; None for one not scheduled."""
    ends = state.ends.get(part)
    since = state.suspension.since
    if ends is None or not since:
        return ends
    return shifted(ends, since, max(0, at - since))


def phase_at(state: TenderState, number: int, part: int, at: int) -> Phase:
    """Return the phase of one part of a lot at `at`, if nobody acts until then.

    OPENED is as far as it goes; what follows is `lot_phase_at`'s. `at` is not before the last
    event: an earlier one has its own history. Raises `LotUnknown`.
    """
    lot = state.lot(number)
    if state.ended is not Phase.UNKNOWN:
        return state.ended
    first = _phase_of_part(state, lot, number, 1, at)
    if part != PRICE_PART or first in FINAL_PHASES:
        return first
    if lot.ended is not Phase.UNKNOWN:
        return lot.ended
    if part not in state.ends:
        return Phase.WAITING
    return _phase_of_part(state, lot, number, part, at)


def lot_phase_at(state: TenderState, number: int, at: int) -> Phase:
    """Return where a lot stands at `at` in its current part; raise `LotUnknown`."""
    course = state.lot(number).course
    phase = phase_at(state, number, state.current_part, at)
    if phase in EXITS:
        return phase
    is_ours = course.part == state.current_part or course.phase in FINAL_PHASES
    return course.phase if course.phase is not Phase.UNKNOWN and is_ours else phase


def is_receiving(state: TenderState, at: int) -> bool:
    """Whether submitEnd lies ahead at `at`; so it does while the tender stands still before it."""
    before_end = clock(state.suspension, at) < state.ends[1].submit_end
    return state.ended is Phase.UNKNOWN and before_end


def is_suspended(state: TenderState, number: int | None = None) -> bool:
    """Whether the tender, or besides that the lot, stands still."""
    lot = None if number is None else state.lot(number)
    return bool(state.suspension.since or (lot and lot.course.suspension.since))


def _phase_of_part(state: TenderState, lot: Lot, number: int, part: int, at: int) -> Phase:
    ends, now = state.ends[part], clock(state.suspension, at)
    if part == PRICE_PART and now < ends.list_end:
        return Phase.WAITING
    if now < ends.list_end:
        return Phase.RECEIVING if now < ends.submit_end else Phase.LISTING
    if len(state.live(number)) < state.terms.min_bids:
        return Phase.FAILED_FEW
    if now < ends.disclose_end:
        return Phase.DISCLOSURE
    if len(state.disclosed(number, part)) < state.terms.min_disclosed:
        return Phase.FAILED_FEW
    return _opening_of(state, lot, number, part, now)


def _opening_of(state: TenderState, lot: Lot, number: int, part: int, now: int) -> Phase:
    ends, recorded = state.ends[part], lot.openings.get(part)
    if recorded is not None:
        return Phase.OPENED if recorded.opened else Phase.NOT_OPENED
    if state.is_opened(part):
        return Phase.OPENED
    if now < ends.fallback_end:
        return Phase.RELEASE if now < ends.release_end else Phase.FALLBACK
    return Phase.OPENED if state.recovered(number, part) else Phase.NOT_OPENED
