"""How long a tender, or a lot, stood still: whoever could not act was not late meanwhile."""

from collections.abc import Iterator

from ledger.tenders.events import LotResumed, TenderEvent, TenderResumed
from ledger.tenders.state import TenderState


def paused(
    own: tuple[TenderEvent, ...], state: TenderState, lot: int | None, span: tuple[int, int]
) -> int:
    """Return for how many seconds of a span nobody could act; of a lot, or of the tender alone.

    `own` are the tender's events, `state` is that after them; overlapping pauses count twice, in
    favour of whoever waited.
    """
    start, end = span
    spells = (*_over(own, lot), *_running(state, lot, end))
    return sum(max(0, min(until, end) - max(since, start)) for since, until in spells)


def _over(own: tuple[TenderEvent, ...], lot: int | None) -> Iterator[tuple[int, int]]:
    for event in own:
        if not isinstance(event, TenderResumed | LotResumed):
            continue
        if isinstance(event, TenderResumed) or event.lot == lot:
            at = event.place.block_time
            yield at - event.shift, at


def _running(state: TenderState, lot: int | None, end: int) -> Iterator[tuple[int, int]]:
    own = () if lot is None else (state.lot(lot).course.suspension,)
    for each in (state.suspension, *own):
        if each.since:
            yield each.since, end
