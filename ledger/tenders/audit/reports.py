"""Evaluation reports as the ledger has them: the last of each part of a lot, technical or final."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.tenders.audit.bundle import Place
from ledger.tenders.events import (
    AllRejected,
    CommitteeCommitted,
    ReportRecorded,
    ReviewOrdered,
    TenderEvent,
)
from ledger.tenders.state import Course, TenderState


@dataclass(frozen=True, slots=True)
class Reported:
    """A report's event, and the lot's course as it left it: seats, sheets, candidates."""

    event: ReportRecorded
    course: Course


def reports(
    told: Sequence[tuple[TenderEvent, TenderState]], last: TenderState
) -> dict[Place, Reported]:
    """Return the reports that stand, by lot and part; a review, or a rejection of all, ends one.

    `told` has each event with the state before it, `last` is the state after all of them.
    """
    found: dict[Place, Reported] = {}
    followed = [*(before for _, before in told), last][1:]
    for (event, _), state in zip(told, followed, strict=True):
        if isinstance(event, ReportRecorded):
            found[event.lot, event.part] = Reported(event, state.lot(event.lot).course)
        elif isinstance(event, ReviewOrdered | AllRejected | CommitteeCommitted):
            found.pop((event.lot, state.current_part), None)
    return found
