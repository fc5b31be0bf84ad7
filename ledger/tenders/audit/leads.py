"""Objections to the documents, which come so many days before the deadline (实施条例 art. 22).

The contract counts seconds and takes them up to a day longer than the calendar does. One that the
buyer admits came to it at some earlier time, which the ledger does not tell.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import (
    ObjectionLodged,
    Stage,
    TenderAmended,
    TenderEvent,
    TenderPublished,
)
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import legal_lead
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import TenderState

LEAD: Final = "objectionLead"

Facts = list[dict[str, Any]]
_Told = Sequence[tuple[TenderEvent, TenderState]]


def misled(policy: TenderPolicy, first: TenderPublished, history: _Told) -> tuple[Facts, Facts]:
    """Return what breaks the policy's lead of objections to the documents, and what nobody knows.

    An objection that comes later than the law has it, by the deadline that stood then; a deadline
    for which the ledger closes to objections before the law does, as happens where clocks turn.
    `history` has each event with the state before it. A policy without a lead asks for none.
    """
    faults: Facts = []
    open_: Facts = []
    if LEAD not in policy.periods:
        return faults, open_
    for event, deadline in _deadlines(first, history):
        told: dict[str, Any] = {"period": LEAD, "block": event.place.block}
        try:
            due = legal_lead(policy, LEAD, deadline).at
        except CalendarUnknown as unknown:
            open_.append(told | {"error": "CalendarUnknown", "year": unknown.year})
            continue
        told |= {"dueAt": due}
        if not isinstance(event, ObjectionLodged):
            closes = deadline - terms_of(policy).objection_lead
            faults += [told | {"error": "WindowShort", "closesAt": closes}] if closes < due else []
        elif event.place.block_time >= due:
            told |= {"objection": "0x" + event.objection.hex()}
            if int(event.bidder, 16):
                faults.append(told | {"error": "StepLate"})
            else:
                open_.append(told | {"why": "filing-not-told"})
    return faults, open_


def _deadlines(first: TenderPublished, history: _Told) -> Iterator[tuple[TenderEvent, int]]:
    """Every event that a deadline decides about, with the deadline."""
    yield first, first.announcement.ends.submit_end
    for event, before in history:
        if isinstance(event, TenderAmended):
            yield event, event.ends.submit_end
        elif isinstance(event, ObjectionLodged) and event.stage is Stage.DOCUMENTS:
            yield event, before.ends[1].submit_end
