"""What a tender's officers owe, step by step of a story."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pytest

from ledger.tenders.dues import due_of
from ledger.tenders.duties import Brought, Due, Duty, duties_of
from ledger.tenders.events import (
    AllRejected,
    LotTerminated,
    Outcome,
    Phase,
    QuestionAsked,
    Stage,
    TenderEvent,
    TenderTerminated,
    TenderVoided,
)
from ledger.tenders.filings import Filing, FilingKind
from ledger.tenders.papers import PaperRole
from ledger.tenders.phases import effective_ends
from ledger.tenders.state import BidState, Lot, on_lot
from tests.support.papered_story import NAMES, PaperedStory, awarded, whole
from tests.support.tender_story import DAY, Story

FILED = b"\x1d" * 32


def owed(
    story: Story,
    filed: Iterable[Filing] = (),
    brought: Mapping[tuple[PaperRole, int], int] | None = None,
    papers: Iterable[bytes] = (),
) -> dict[Duty, Due]:
    known = Brought(brought or {}, frozenset(papers))
    return {each.duty: each for each in duties_of(story.state, filed, known)}


def opened(silent: str = "") -> Story:
    """A lot of four whose bids were opened but for that of who was silent."""
    story, names = Story(), ("Ann", *NAMES[1:], "Gus", "Hal")
    for name in names:
        story.submit(name)
    shown = [name for name in names if name != silent]
    story.open(shown)
    story.record(len(shown))
    return story


def bonded(story: Story, withdrawn_at: int) -> Callable[..., int | None]:
    """Put a bond behind one bid and have another's withdrawn; return when bonds are due back."""

    def change(lot: Lot) -> Lot:
        kept, gone, *others = lot.bids.values()
        assert kept.told is not None
        told = replace(kept.told, bid=replace(kept.told.bid, bond=b"\x0b" * 32))
        bids = (
            replace(kept, told=told),
            replace(gone, state=BidState.WITHDRAWN, told=None, bonded_until=withdrawn_at),
            *others,
        )
        return replace(lot, bids={each.bidder: each for each in bids})

    state = on_lot(story.state, 0, change)

    def due(brought_at: int | None = None) -> int | None:
        brought = {} if brought_at is None else {(PaperRole.BOND_RETURN, 0): brought_at}
        owed = [e for e in duties_of(state, (), Brought(brought)) if e.duty is Duty.BOND_RETURN]
        assert len(owed) < 2
        return owed[0].due_at if owed else None

    return due


class TestDuties:
    def test_of_a_tender_that_just_began_are_none(self) -> None:
        assert owed(Story()) == {}

    def test_an_objection_until_it_is_answered(self) -> None:
        story = Story()
        named = story.admit(Stage.DOCUMENTS)
        due = owed(story)[Duty.OBJECTION]
        assert (due.about, due.due_at) == (named, due_of(story.terms, "objectionAnswer", story.now))
        story.answer(named, Outcome.DISMISSED)
        assert owed(story) == {}

    def test_a_question_where_a_law_sets_a_time(self) -> None:
        story, other = Story("prozorro-above-threshold"), Story()
        for each in (story, other):
            each.tell(QuestionAsked, FILED)
        due = due_of(story.terms, "questionAnswer", story.now)
        assert (owed(story).get(Duty.QUESTION) is None) == (due is None)
        assert owed(other) == {}

    def test_what_was_filed_until_it_is_taken_up(self) -> None:
        story = Story()
        at = story.now
        filing = Filing(FilingKind.OBJECTION, 0, Stage.DOCUMENTS, FILED, at, at + DAY)
        until = story.ends.list_end  # it fails then unless somebody bids
        assert owed(story, [filing]) == {Duty.FILING: Due(Duty.FILING, at + DAY, 0, FILED, until)}
        named = story.admit(Stage.DOCUMENTS, digest=FILED)
        assert set(owed(story, [filing])) == {Duty.OBJECTION}  # an answer alone, told once
        story.answer(named, Outcome.UPHELD)
        assert owed(story, [filing]) == {}

    def test_what_was_filed_until_it_is_answered_or_refused_by_a_paper(self) -> None:
        story = Story()
        for kind in FilingKind:
            filing = Filing(kind, 0, Stage.DOCUMENTS, FILED, story.now, story.now + DAY)
            assert set(owed(story, [filing])) == {Duty.FILING}
            assert owed(story, [replace(filing, answered_at=story.now + 9 * DAY)]) == {}

    def test_what_was_filed_until_nothing_is_left_to_answer(self) -> None:
        story = Story()
        filing = Filing(FilingKind.OBJECTION, 0, Stage.DOCUMENTS, FILED, story.now, story.now + DAY)
        story.at(story.now + 2 * DAY).tell(TenderTerminated, b"\x61" * 32)
        due = owed(story, [filing])[Duty.FILING]
        assert not due.is_overdue(due.due_at - 1)
        assert due.is_overdue(due.due_at)
        assert due.is_overdue(story.now - 1)
        assert not due.is_overdue(story.now)
        assert owed(story, [replace(filing, due_at=story.now)]) == {}

    def test_a_filed_complaint_beyond_the_end_and_an_objection_beyond_a_contract(self) -> None:
        story = whole(PaperedStory())
        filing = Filing(FilingKind.OBJECTION, 0, Stage.RESULT, FILED, story.now, story.now + DAY)
        assert owed(story, [filing])[Duty.FILING].until is None
        ended = Story()
        ended.tell(TenderTerminated, b"\x61" * 32)
        complaint = replace(filing, kind=FilingKind.COMPLAINT)
        assert owed(ended, [complaint])[Duty.FILING].until is None

    def test_the_opening_record_once_the_last_window_is_over(self) -> None:
        story = Story()
        names = ("Ann", "Bo", "Cai")
        for name in names:
            story.submit(name)
        assert owed(story) == {}  # nobody disclosed: it would fail
        story.open(names)
        due = owed(story)[Duty.OPENING_RECORD]
        ends = effective_ends(story.state, 1, story.now)
        assert ends is not None
        assert due.due_at == due_of(story.terms, "openingRecord", ends.fallback_end)
        story.record(3)
        assert owed(story) == {}

    def test_notice_contract_and_report_follow_one_another(self) -> None:
        story = PaperedStory()
        seen: list[set[Duty]] = []
        story.on = lambda _events, _state: seen.append(set(owed(story)))
        awarded(story)
        assert {Duty.NOTICE} in seen
        assert set(owed(story)) == {Duty.CONTRACT, Duty.REPORT}
        at = story.state.lot(0).course.entered
        (awarded_at,) = [at_ for phase, at_ in at.items() if phase.name == "AWARDED"]
        assert owed(story)[Duty.CONTRACT].due_at == due_of(story.terms, "contract", awarded_at)
        role = PaperRole.SUPERVISION
        assert Duty.REPORT in owed(story, brought={(role, 0): awarded_at - 1})
        assert Duty.REPORT in owed(story, brought={(role, 1): awarded_at})  # of another lot
        assert Duty.REPORT not in owed(story, brought={(role, 0): awarded_at})

    def test_of_a_contract_under_procurement_law(self) -> None:
        story = whole(PaperedStory(policy="cn-government-procurement"))
        assert {Duty.CONTRACT_PUBLISHED, Duty.CONTRACT_FILED, Duty.RESULT} <= set(owed(story))
        course = story.state.lot(0).course
        supervised = {(PaperRole.SUPERVISION, 0): story.now}
        assert owed(story, brought=supervised, papers=(course.award, course.contract)) == {}
        of_another_lot = (b"\x0a" * 32, b"\x0c" * 32)
        owing = set(owed(story, brought=supervised, papers=of_another_lot))
        assert owing == {Duty.CONTRACT_PUBLISHED, Duty.RESULT}

    def test_bonds_of_withdrawn_bids_are_owed_beyond_the_contract(self) -> None:
        story = whole(PaperedStory())
        signed_at = story.state.lot(0).course.entered[Phase.CONTRACTED]
        early = signed_at - 10 * DAY
        bonds = bonded(story, withdrawn_at=early)
        assert bonds() == due_of(story.terms, "bondReturnWithdrawn", early)
        assert bonds(early) == due_of(story.terms, "bondReturn", signed_at)
        assert bonds(signed_at) is None

    def test_bonds_of_a_lot_that_failed(self) -> None:
        story = Story()
        story.submit("Ann")
        story.submit("Bo")
        bonds = bonded(story, withdrawn_at=0)
        failed_at = story.ends.list_end  # one of two was withdrawn, and three it takes
        assert bonds() == due_of(story.terms, "bondReturnEnded", failed_at)
        assert bonds(failed_at - 1) is not None
        assert bonds(failed_at) is None

    @pytest.mark.parametrize("end", [TenderTerminated, TenderVoided])
    def test_bonds_of_a_tender_that_was_ended(self, end: type[TenderEvent]) -> None:
        story = Story()
        for name in NAMES:
            story.submit(name)
        story.tell(end, b"\x61" * 32)
        assert bonded(story, withdrawn_at=0)() == due_of(story.terms, "bondReturnEnded", story.now)

    @pytest.mark.parametrize("end", [AllRejected, LotTerminated])
    def test_bonds_of_an_opened_lot_that_ended(self, end: type[TenderEvent]) -> None:
        story = opened()
        assert bonded(story, withdrawn_at=0)() is None
        story.tell(end, 0, *((1,) if end is AllRejected else ()), b"\x61" * 32)
        assert bonded(story, withdrawn_at=0)() == due_of(story.terms, "bondReturnEnded", story.now)

    def test_no_bonds_of_bids_that_were_taken_back_by_silence(self) -> None:
        story = opened(silent="Ann")
        story.tell(LotTerminated, 0, b"\x61" * 32)
        assert bonded(story, withdrawn_at=0)() is None

    def test_of_a_tender_that_ended_are_none(self) -> None:
        story = Story()
        story.admit(Stage.DOCUMENTS)
        story.tell(TenderTerminated, b"\x61" * 32)
        assert owed(story) == {}
