"""Lots as publications tell of them: the ledger's phases in the words of a publication."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.tenders.events import Phase
from ledger.tenders.ocds.facts import LotFacts, LotState
from ledger.tenders.phases import effective_ends, lot_phase_at
from ledger.tenders.state import TenderState

STATES: Final[Mapping[Phase, LotState]] = MappingProxyType(
    {
        Phase.UNKNOWN: LotState.DRAFT,
        Phase.RECEIVING: LotState.RECEIVING,
        Phase.LISTING: LotState.LISTING,
        Phase.WAITING: LotState.OPENED,  # part 1 is open, part 2 not yet due
        Phase.DISCLOSURE: LotState.DISCLOSURE,
        Phase.RELEASE: LotState.RELEASE,
        Phase.FALLBACK: LotState.FALLBACK,
        Phase.OPENED: LotState.OPENED,
        Phase.FAILED_FEW: LotState.FAILED_FEW,
        Phase.NOT_OPENED: LotState.NOT_OPENED,
        Phase.COMMITTED: LotState.OPENED,
        Phase.EVALUATED: LotState.EVALUATED,
        Phase.ALL_REJECTED: LotState.ALL_REJECTED,
        Phase.NOTICE: LotState.NOTICE,
        Phase.AWARDED: LotState.AWARDED,
        Phase.CONTRACTED: LotState.CONTRACTED,
        Phase.TERMINATED: LotState.TERMINATED,
        Phase.VOIDED: LotState.VOIDED,
    }
)
"""What a publication calls a phase."""
_SECOND: Final = 2


def lot_facts(
    state: TenderState, at: int, titles: Mapping[int, str] | None = None
) -> tuple[LotFacts, ...]:
    """Return the lots at a time; `titles` by number, empty where they do not matter."""
    return tuple(
        LotFacts(
            number=number,
            title=(titles or {}).get(number, ""),
            state=_state_of(state, number, at),
            was_opened=any(each.opened for each in lot.openings.values()),
        )
        for number, lot in enumerate(state.lots)
    )


def submission_end(state: TenderState, at: int) -> int:
    """Return the deadline in force at a time, a present suspension counted in."""
    ends = effective_ends(state, 1, at) or state.announcement.ends
    return ends.submit_end


def _state_of(state: TenderState, number: int, at: int) -> LotState:
    """Return where a lot stands; part 2 goes on from an opening, whatever its own window."""
    phase = lot_phase_at(state, number, at)
    is_second = state.current_part == _SECOND and 1 in state.lot(number).openings
    if is_second and phase in (Phase.DISCLOSURE, Phase.RELEASE, Phase.FALLBACK):
        return LotState.OPENED
    return STATES[phase]
