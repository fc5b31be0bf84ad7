"""Objections to the documents, which come so many days before the deadline (实施条例 art. 22).

The contract counts seconds and takes them up to a day longer than the calendar does. One that the
buyer admits came to it at some earlier time, which the ledger does not tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import (
    ObjectionLodged,
    Stage,
    TenderAmended,
    TenderEvent,
    TenderPublished,
)
from ledger.tenders.filings import FilingKind, FilingReceipt
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import legal_lead
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import TenderState

LEAD: Final = "objectionLead"

Facts = list[dict[str, Any]]
_Told = Sequence[tuple[TenderEvent, TenderState]]


def misled(
    policy: TenderPolicy, first: TenderPublished, history: _Told, filed: Mapping[bytes, int]
) -> tuple[Facts, Facts]:
    """Return what breaks the policy's lead of objections to the documents, and what nobody knows.

    An objection that comes later than the law has it, by the deadline that stood then; a deadline
    for which the ledger closes to objections before the law does, as happens where clocks turn.
    `history` has each event with the state before it, `filed` tells when texts of objections came
    to a service that signed for them. A policy without a lead asks for none.
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
            came_at = event.place.block_time if int(event.bidder, 16) else filed.get(event.digest)
            if came_at is None:
                open_.append(told | {"why": "filing-not-told"})
            elif came_at >= due:
                faults.append(told | {"error": "StepLate"})
    return faults, open_


def _deadlines(first: TenderPublished, history: _Told) -> Iterator[tuple[TenderEvent, int]]:
    """Every event that a deadline decides about, with the deadline."""
    yield first, first.announcement.ends.submit_end
    for event, before in history:
        if isinstance(event, TenderAmended):
            yield event, event.ends.submit_end
        elif isinstance(event, ObjectionLodged) and event.stage is Stage.DOCUMENTS:
            yield event, before.ends[1].submit_end


def filed_at(filings: Sequence[FilingReceipt], tender: bytes) -> dict[bytes, int]:
    """Return when objections to a tender were filed, by the digests of their texts."""
    return {
        each.filing.digest: each.filing.filed_at
        for each in filings
        if each.tender == tender and each.filing.kind is FilingKind.OBJECTION
    }
