"""What was filed with a service, which signed for it, and what the ledger has of it since.

A receipt proves who took in what, and when. It accuses only once nobody can say that the answer
was not due: questions have no period in law, and are held to that of objections. Papers end what is
owed as in `duties`; whether there are any the service says that signed the receipt. When one came
the ledger alone proves for it, by an event that anchors the paper.
"""

from typing import Any, Final

from ledger.errors import Refused
from ledger.tenders import objections
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.dues import answer_due, due_of
from ledger.tenders.events import Outcome
from ledger.tenders.filing_answers import PaperAnswer, first_answer
from ledger.tenders.filings import (
    Filing,
    FilingKind,
    FilingReceipt,
    FilingState,
    admitted,
    is_owed,
    state_of,
)
from ledger.tenders.papers import anchored_at
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
            _hold(bundle, receipt, due, (told, faults, open_))
    return faults, open_


def _hold(
    bundle: TenderBundle,
    receipt: FilingReceipt,
    due: int,
    so_far: tuple[dict[str, Any], Facts, Facts],
) -> None:
    """Add a filing that the ledger did not answer in time to the faults, or to what stays open."""
    told, faults, open_ = so_far
    filing = receipt.filing
    answer = _answer(bundle, receipt, due)
    if answer is None:
        open_.append(told | {"why": "papers-unknown"})
    elif not answer.at:
        faults.append(told | {"error": "FilingUnanswered"})
    elif answer.at >= due:
        late = {"error": "FilingUnanswered", "state": _LATE, "answeredAt": answer.at}
        faults.append(told | late)
    elif not _is_proven(bundle, filing, answer, due):
        open_.append(told | {"why": "answer-not-anchored", "answeredAt": answer.at})


def _answer(bundle: TenderBundle, receipt: FilingReceipt, due: int) -> PaperAnswer | None:
    """What the service that signed for a filing says of answers by paper; None where nobody knows.

    No other service's word counts: it would accuse somebody else.
    """
    own = [
        each
        for each in bundle.answers
        if (each.issuer, each.tender) == (receipt.issuer, receipt.tender)
    ]
    return first_answer(own, receipt.filing, due)


def _is_proven(bundle: TenderBundle, filing: Filing, answer: PaperAnswer, due: int) -> bool:
    """Whether an event anchored an answer after it was asked for and before it was due."""
    role = filing.kind.answered_by
    times = (anchored_at(role, each, bundle.own, filing.filed_at) for each in answer.papers)
    return any(at is not None and at < due for at in times)


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
        state.lot(filing.lot)
        if not is_owed(filing, state, due):
            return "moot"
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
