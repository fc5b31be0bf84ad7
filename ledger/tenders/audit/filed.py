"""What was filed with a service, which signed for it, and what the ledger has of it since.

A receipt proves who took in what, and when. It accuses only once nobody can say that the answer
was not due: questions have no period in law, and are held to that of objections.
"""

from typing import Any, Final

from ledger.errors import Refused
from ledger.tenders import objections
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.dues import answer_due, due_of
from ledger.tenders.events import Outcome
from ledger.tenders.filings import (
    Filing,
    FilingKind,
    FilingReceipt,
    FilingState,
    admitted,
    state_of,
)
from ledger.tenders.phases import EXITS, lot_phase_at
from ledger.tenders.state import TenderState

Facts = list[dict[str, Any]]
_LATE: Final = "answered-late"


def unanswered(
    bundle: TenderBundle, history: History, state: TenderState, at: int
) -> tuple[Facts, Facts]:
    """Return the filings of the tender that were due and not answered, and those nobody can judge.

    Each with who signed for it, what it is, since when, and whether the ledger has it.
    """
    faults: Facts = []
    open_: Facts = [dict(each) for each in bundle.filing_doubts]
    known_until = bundle.known_until
    for receipt in bundle.filings:
        if receipt.tender != bundle.tender:
            continue
        filing = receipt.filing
        due = _due(filing, state)
        stand = _stand(filing, state, due)
        if stand == FilingState.ANSWERED:
            continue
        told = _told(receipt, stand, due)
        if due is None:
            open_.append(told | {"why": "no-period"})
        elif known_until is None or min(known_until, at) < due:
            open_.append(told | {"why": "not-due"})
        elif (why := _excuse(filing, history, state, due)) is not None:
            open_.append(told | {"why": why})
        else:
            faults.append(told | {"error": "FilingUnanswered"})
    return faults, open_


def _due(filing: Filing, state: TenderState) -> int | None:
    """When it ought to be answered; a question, until bids are due."""
    match filing.kind:
        case FilingKind.COMPLAINT:
            return due_of(state.terms, "complaintAccept", filing.filed_at)
        case FilingKind.QUESTION:
            return state.ends[1].submit_end
        case _:
            return answer_due(state.terms, filing.filed_at)


def _stand(filing: Filing, state: TenderState, due: int | None) -> str:
    """Where a filing stands by the ledger alone, whatever its receipt says is due when."""
    found = admitted(filing, state) if filing.kind is FilingKind.OBJECTION else None
    if found is not None and found.outcome is not Outcome.OPEN:
        is_late = due is not None and found.answered_at >= due
        return _LATE if is_late else FilingState.ANSWERED
    stand = state_of(filing, state, 0)
    return FilingState.ANSWERED if _is_moved(filing, stand) else stand


def _is_moved(filing: Filing, stand: FilingState) -> bool:
    """Whether a complaint was accepted: when it is decided the ledger's own steps tell."""
    return filing.kind is FilingKind.COMPLAINT and stand is FilingState.TAKEN_UP


def _excuse(filing: Filing, history: History, state: TenderState, due: int) -> str | None:
    """Why nobody had to answer; None where somebody had to."""
    try:
        if lot_phase_at(_before(due, history, state), filing.lot, due) in EXITS:
            return "tender-ended"
        if filing.kind is FilingKind.OBJECTION:
            before = _before(filing.filed_at, history, state)
            objections.require_timely(before, filing.lot, filing.stage, filing.filed_at)
    except Refused as refused:
        return type(refused).__name__
    if filing.kind is FilingKind.COMPLAINT:
        return "complaint"  # whether it had to be accepted the supervisor alone can say
    usual = answer_due(state.terms, filing.filed_at)
    is_late = filing.kind is FilingKind.QUESTION and (usual is None or usual > due)
    return "asked-late" if is_late else None


def _before(at: int, history: History, state: TenderState) -> TenderState:
    """The tender as it stood at a time."""
    for event, before in history:
        if event.place.block_time > at:
            return before
    return state


def _told(receipt: FilingReceipt, stand: str, due: int | None) -> dict[str, Any]:
    filing = receipt.filing
    told: dict[str, Any] = {
        "filing": filing.kind.value,
        "digest": "0x" + filing.digest.hex(),
        "lot": filing.lot,
        "stage": filing.stage.name.lower(),
        "signedBy": receipt.issuer,
        "filedAt": filing.filed_at,
        "state": str(stand),
    }
    return told if due is None else told | {"dueAt": due}
