"""When lots end without a contract, and when sealed files are done with, by what happened."""

from typing import Final

from ledger.tenders.events import Phase
from ledger.tenders.phases import phase_at
from ledger.tenders.state import TenderState

_STEPS: Final = (Phase.ALL_REJECTED, Phase.TERMINATED, Phase.VOIDED)
_FAILED: Final = frozenset((Phase.FAILED_FEW, Phase.NOT_OPENED))


def over_from(state: TenderState, number: int) -> int | None:
    """Return from when on a lot is over without a contract; None for one that is not.

    That may lie ahead: when it fails if nobody acts, which every bid and secret puts off. While it
    stands still it does not fail. Raises `LotUnknown`.
    """
    course = state.lot(number).course
    if course.phase in _STEPS:
        return course.entered[course.phase]
    if state.ended is not Phase.UNKNOWN:
        return state.ended_at
    return next(
        (
            end
            for part, ends in sorted(state.ends.items())
            for end in (ends.list_end, ends.disclose_end, ends.fallback_end)
            if phase_at(state, number, part, end) in _FAILED
        ),
        None,
    )


def sealed_until(state: TenderState) -> int | None:
    """Return from when on no sealed file of a tender waits to be opened, 0 where none does now.

    That may lie ahead, as in `over_from`; None while it is not foreseen.
    """
    last = state.announcement.parts
    waiting = [
        over_from(state, number)
        for number, lot in enumerate(state.lots)
        if last not in lot.openings
    ]
    known = [end for end in waiting if end is not None]
    return max(known, default=0) if len(known) == len(waiting) else None
