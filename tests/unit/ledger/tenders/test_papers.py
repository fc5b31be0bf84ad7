"""From when on a tender's papers are public, by what the story of a tender says."""

import hashlib

import pytest

from ledger.tenders import events
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.papers import PaperRole, public_papers
from tests.support.drawn_committee import draw_told, drawn_committee
from tests.support.tender_story import DAY, Story

NAMES = ("Ann", "Bo", "Cai")


def public(story: Story, role: PaperRole) -> set[bytes]:
    happened = [each for each in story.events if isinstance(each, events.TenderEvent)]
    return {digest for found, digest in public_papers(happened) if found is role}


def opened(story: Story) -> Story:
    for name in NAMES:
        story.submit(name)
    story.open(NAMES)
    story.record(3, digest=b"\x31" * 32)
    return story


class TestPublicPapers:
    def test_are_all_versions_of_the_documents(self) -> None:
        story = Story()
        first = story.announcement.docs
        assert public(story, PaperRole.DOCS) == {first}
        story.amend(DAY)
        assert public(story, PaperRole.DOCS) == {first, story.state.docs[-1]}
        assert first != story.state.docs[-1]

    def test_are_a_question_and_its_answer_each_in_its_role(self) -> None:
        story = Story()
        story.tell(events.QuestionAsked, b"\x41" * 32)
        assert public(story, PaperRole.QUESTION) == {b"\x41" * 32}
        assert public(story, PaperRole.ANSWER) == set()
        story.tell(events.QuestionAnswered, b"\x41" * 32, b"\x42" * 32)
        assert public(story, PaperRole.ANSWER) == {b"\x42" * 32}

    def test_are_not_what_anybody_anchors_as_a_question(self) -> None:
        """A paper's digest may be guessed, and everybody may ask."""
        story = Story()
        story.tell(events.QuestionAsked, b"\x43" * 32)
        for role in set(PaperRole) - {PaperRole.QUESTION}:
            assert b"\x43" * 32 not in public(story, role)

    def test_are_never_objections_and_complaints_which_name_who_bids(self) -> None:
        story = Story()
        story.submit("Bo")
        story.object_(b"\x21" * 32, Stage.DOCUMENTS, "Bo")
        story.tell(events.ObjectionAnswered, b"\x21" * 32, Outcome.DISMISSED, b"\x22" * 32)
        filed = (b"\x23" * 32, Stage.DOCUMENTS, b"\x21" * 32, b"\x24" * 32)
        story.tell(events.ComplaintFiled, 0, *filed)
        moved = (ComplaintState.ACCEPTED, b"\x25" * 32)
        story.tell(events.ComplaintMoved, b"\x23" * 32, *moved)
        assert public(story, PaperRole.OBJECTION) == public(story, PaperRole.COMPLAINT) == set()
        assert public(story, PaperRole.ANSWER_TO_OBJECTION) == {b"\x22" * 32}
        assert b"\x25" * 32 in public(story, PaperRole.DECISION)

    def test_are_score_sheets_only_after_the_report_of_their_lot(self) -> None:
        story = opened(Story())
        assert public(story, PaperRole.OPENING_RECORD) == {b"\x31" * 32}
        story.committee(seats=5)
        for seat in range(1, 6):
            story.score(seat)
        assert public(story, PaperRole.SCORE) == set()
        story.report(NAMES, digest=b"\x32" * 32)
        sheets = {hashlib.sha256(bytes([seat])).digest() for seat in range(1, 6)}
        assert public(story, PaperRole.SCORE) == sheets
        assert public(story, PaperRole.REPORT) == {b"\x32" * 32}
        assert public(story, PaperRole.COMMITTEE) == set()

    def test_are_the_committees_members_only_after_the_award(self) -> None:
        story = opened(Story())
        story.committee()
        story.tell(events.ExpertReplaced, 0, 1, b"\xc1" * 32, 1, b"\x0e" * 32)
        for seat in range(1, 6):
            story.score(seat)
        story.report(NAMES)
        story.notice(story.now + 4 * DAY)
        story.at(story.now + 4 * DAY)
        assert public(story, PaperRole.COMMITTEE) == public(story, PaperRole.REASON) == set()
        story.award("Ann")
        assert public(story, PaperRole.COMMITTEE) == {b"\xc0" * 32, b"\xc1" * 32}
        assert b"\x0e" * 32 in public(story, PaperRole.REASON)

    def test_are_what_was_drawn_from_only_after_the_award(self) -> None:
        """With it and the secrets on chain everybody would know who judges, if only by hashes."""
        story = opened(Story())
        for kind, values in draw_told(drawn_committee(story.id)):
            story.tell(kind, *values)
        _, (_, _, _, setting) = draw_told(drawn_committee(story.id))[0]
        _, (_, _, deals) = draw_told(drawn_committee(story.id))[2]
        assert public(story, PaperRole.DRAW) == {deals}
        story.tell(events.AllRejected, 0, 1, b"\x32" * 32)
        assert public(story, PaperRole.DRAW) == {setting, deals}

    def test_of_one_lot_do_not_follow_another_lots_report(self) -> None:
        story = Story(lots=2)
        for lot in (0, 1):
            story.tell(events.ScoreCommitted, lot, 1, bytes([0x50 + lot]) * 32, 1)
        story.tell(events.ReportRecorded, 1, 1, b"\x60" * 32, ())
        assert public(story, PaperRole.SCORE) == {b"\x51" * 32}

    @pytest.mark.parametrize(
        ("kind", "values", "role"),
        [
            (events.TenderTerminated, (b"\x61" * 32,), PaperRole.DECISION),
            (events.TenderVoided, (b"\x61" * 32,), PaperRole.DECISION),
            (events.LotVoided, (0, b"\x61" * 32), PaperRole.DECISION),
            (events.AllRejected, (0, 1, b"\x61" * 32), PaperRole.REPORT),
            (events.NoticePublished, (0, b"\x61" * 32, 7), PaperRole.NOTICE),
            (events.Contracted, (0, b"\x61" * 32, b"\x62" * 32), PaperRole.CONTRACT),
            (events.Contracted, (0, b"\x62" * 32, b"\x61" * 32), PaperRole.RECORD),
        ],
    )
    def test_are_anchored_where_their_role_is(
        self, kind: type[events.TenderEvent], values: tuple[object, ...], role: PaperRole
    ) -> None:
        story = Story()
        story.tell(kind, *values)
        assert public(story, role) == {b"\x61" * 32}
