"""What a tender's officers owe, and by when: counted from its events, done by events or papers.

Bonds that went back and what was filed with the supervisor leave no trace on chain: a paper of that
role which names the lot, brought after the duty began, says that it is done.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ledger.tenders.dues import answer_due, complaint_due, due_of
from ledger.tenders.endings import over_from
from ledger.tenders.events import Outcome, Phase
from ledger.tenders.filings import Filing, is_owed, is_taken_up, moot_at
from ledger.tenders.papers import PaperRole
from ledger.tenders.phases import is_suspended, phase_at
from ledger.tenders.state import Bid, TenderState


class Duty(StrEnum):
    """What is owed."""

    QUESTION = "question"  # an answer
    OBJECTION = "objection"  # an answer
    COMPLAINT = "complaint"  # the supervisor's next step
    FILING = "filing"  # to take up what was filed with the service
    OPENING_RECORD = "opening-record"
    NOTICE = "notice"
    AWARD = "award"
    RESULT = "result"  # its publication
    CONTRACT = "contract"
    CONTRACT_PUBLISHED = "contract-published"
    CONTRACT_FILED = "contract-filed"  # with the supervisor
    REPORT = "report"  # on the tender, to the supervisor
    BOND_RETURN = "bond-return"


@dataclass(frozen=True, slots=True)
class Due:
    """One duty and when it is due, in Unix seconds.

    `lot` and `about` are None where it is about the whole tender, or about nothing with an id.
    `until` is from when on nobody owes it any more, None where that is not foreseen.
    """

    duty: Duty
    due_at: int
    lot: int | None = None
    about: bytes | None = None
    until: int | None = None

    def is_overdue(self, at: int) -> bool:
        """Whether it is late, and still owed, at a time in Unix seconds."""
        return self.due_at <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Brought:
    """Papers that were brought: when the last of each role that names a lot, in Unix seconds.

    `published` are the digests of awards and contracts, of which every lot has its own.
    """

    at: Mapping[tuple[PaperRole, int], int] = field(default_factory=dict)
    published: frozenset[bytes] = frozenset()


_AWARDED: Final = frozenset((Phase.AWARDED, Phase.CONTRACTED))


def duties_of(state: TenderState, filed: Iterable[Filing], brought: Brought) -> tuple[Due, ...]:
    """Return what is not done, whenever it is due, the first due first.

    What no law sets a time for, or no calendar covers, is left out: nobody can say that it is late.
    """
    found = [*_filed(state, filed)]
    if state.ended is Phase.UNKNOWN:
        found += [*_asked(state), *_disputes(state)]
    for number in range(len(state.lots)):
        if state.ended is Phase.UNKNOWN:
            found += [*_openings(state, number), *_steps(state, number, brought)]
        found += _bonds(state, number, brought)
    return tuple(sorted(found, key=lambda due: due.due_at))


def _asked(state: TenderState) -> Iterator[Due]:
    for question, answer in state.questions.items():
        due = due_of(state.terms, "questionAnswer", state.asked_at[question])
        if answer is None and due is not None:
            yield Due(Duty.QUESTION, due, about=question)


def _disputes(state: TenderState) -> Iterator[Due]:
    for id_, objection in state.objections.items():
        due = answer_due(state.terms, objection.lodged_at)
        if objection.outcome is Outcome.OPEN and due is not None:
            yield Due(Duty.OBJECTION, due, objection.lot, id_)
    for id_, complaint in state.complaints.items():
        due = complaint_due(complaint, state.terms)
        if due is not None:
            yield Due(Duty.COMPLAINT, due, complaint.lot, id_)


def _filed(state: TenderState, filed: Iterable[Filing]) -> Iterator[Due]:
    for each in filed:
        due = each.due_at
        if due is not None and not is_taken_up(each, state) and is_owed(each, state, due):
            yield Due(Duty.FILING, due, each.lot, each.digest, moot_at(each, state))


def _openings(state: TenderState, number: int) -> Iterator[Due]:
    """Records of parts that stand open when their last window is over, unless it is suspended."""
    if is_suspended(state, number):
        return
    for part, ends in state.ends.items():
        over_at = ends.fallback_end
        is_open = phase_at(state, number, part, over_at) is Phase.OPENED
        due = due_of(state.terms, "openingRecord", over_at)
        if is_open and part not in state.lot(number).openings and due is not None:
            yield Due(Duty.OPENING_RECORD, due, number)


def _steps(state: TenderState, number: int, brought: Brought) -> Iterator[Due]:
    course = state.lot(number).course
    entered = course.entered
    is_last = course.part == state.announcement.parts
    if course.phase is Phase.EVALUATED and is_last:
        yield from _due(state, number, Duty.NOTICE, "noticeBegins", entered[Phase.EVALUATED])
    if course.phase in (Phase.EVALUATED, Phase.NOTICE) and is_last:
        yield from _due(state, number, Duty.AWARD, "awardDecision", entered[Phase.EVALUATED])
    if Phase.AWARDED in entered and course.phase in _AWARDED:
        yield from _after_award(state, number, brought)
    if course.phase is Phase.CONTRACTED:
        signed_at = entered[Phase.CONTRACTED]
        if course.contract not in brought.published:
            yield from _due(state, number, Duty.CONTRACT_PUBLISHED, "contractPublished", signed_at)
        if not _is_done(brought, PaperRole.SUPERVISION, number, signed_at):
            yield from _due(state, number, Duty.CONTRACT_FILED, "contractFiled", signed_at)


def _after_award(state: TenderState, number: int, brought: Brought) -> Iterator[Due]:
    course = state.lot(number).course
    awarded_at = course.entered[Phase.AWARDED]
    if course.award not in brought.published:
        yield from _due(state, number, Duty.RESULT, "resultPublished", awarded_at)
    if course.phase is Phase.AWARDED:
        yield from _due(state, number, Duty.CONTRACT, "contract", awarded_at)
    if not _is_done(brought, PaperRole.SUPERVISION, number, awarded_at):
        yield from _due(state, number, Duty.REPORT, "report", awarded_at)


def _bonds(state: TenderState, number: int, brought: Brought) -> Iterator[Due]:
    """Bonds go back after the contract or what ended the lot (实施条例 art. 31, 57).

    Those of withdrawn bids at once (art. 35). One paper tells of all that went back before it in
    its lots, so of several duties the first counts.
    """
    bids = state.lot(number).bids.values()
    begun = [("bondReturnWithdrawn", bid.bonded_until) for bid in bids if bid.bonded_until]
    period, at = _bonds_end(state, number)
    if at is not None and any(_goes_back(state, bid, at) for bid in bids):
        begun.append((period, at))
    owed = [
        due
        for period, at in begun
        if not _is_done(brought, PaperRole.BOND_RETURN, number, at)
        for due in _due(state, number, Duty.BOND_RETURN, period, at)
    ]
    yield from sorted(owed, key=lambda due: due.due_at)[:1]


def _bonds_end(state: TenderState, number: int) -> tuple[str, int | None]:
    signed_at = state.lot(number).course.entered.get(Phase.CONTRACTED)
    if signed_at is not None:
        return "bondReturn", signed_at
    return "bondReturnEnded", over_from(state, number)


def _goes_back(state: TenderState, bid: Bid, at: int) -> bool:
    """Whether a bond stands behind a bid that was not taken back by silence at `at`.

    What was not disclosed in its window counts as revoked, and its bond may be kept (art. 35).
    """
    is_silent = any(
        part not in bid.disclosed and not bid.is_rejected
        for part, ends in state.ends.items()
        if ends.disclose_end <= at
    )
    return bid.has_bond and not is_silent


def _is_done(brought: Brought, role: PaperRole, number: int, since: int) -> bool:
    return brought.at.get((role, number), -1) >= since


def _due(state: TenderState, number: int, duty: Duty, period: str, start: int) -> Iterator[Due]:
    due = due_of(state.terms, period, start)
    if due is not None:
        yield Due(duty, due, number)
