"""Objections to the documents come so many days before the deadline, by the calendar."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.leads import misled
from ledger.tenders.events import Outcome, Stage, TenderPublished
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import Ends, legal_lead
from ledger.verification.check import Check, Result
from tests.support.tender_story import LEDGER, Story

CN, KYIV = preset("cn"), preset("prozorro-above-threshold-ua")
ID = b"\x0a" * 32


def clocks(story: Story) -> Check:
    bundle = TenderBundle(LEDGER, story.id, tuple(story.events), policy=story.policy)
    return audit(bundle, story.now).check("clocks")


def bent(first: TenderPublished, ends: Ends) -> TenderPublished:
    return replace(first, announcement=replace(first.announcement, ends=ends))


def due(story: Story) -> int:
    return legal_lead(CN, "objectionLead", story.ends.submit_end).at


def bidding(late: int) -> Story:
    """A bidder and a time so many seconds after the last lawful moment's end."""
    story = Story()
    story.submit("Ann")
    return story.at(due(story) + late)


class TestObjection:
    @pytest.mark.parametrize(("late", "result"), [(-1, Result.VALID), (0, Result.INVALID)])
    def test_in_time_and_a_second_late(self, late: int, result: Result) -> None:
        story = bidding(late)
        end = due(story)
        story.object_(ID, Stage.DOCUMENTS, "Ann")
        story.answer(ID, Outcome.DISMISSED)
        found = clocks(story)
        assert found.result is result
        told = [(each["objection"], each["dueAt"]) for each in found.facts.get("faults", ())]
        assert told == ([("0x" + ID.hex(), end)] if late == 0 else [])

    @pytest.mark.parametrize(("late", "result"), [(-1, Result.VALID), (0, Result.ERROR)])
    def test_that_the_buyer_admits_may_have_come_earlier(self, late: int, result: Result) -> None:
        story = bidding(late)
        story.answer(story.admit(Stage.DOCUMENTS), Outcome.DISMISSED)
        found = clocks(story)
        assert found.result is result
        assert [each["why"] for each in found.facts.get("open", ())] == (
            ["filing-not-told"] if late == 0 else []
        )

    def test_that_is_in_time_for_a_deadline_that_was_moved_before(self) -> None:
        story = bidding(-1)
        story.amend(86_400)
        story.at(story.now + 1).object_(ID, Stage.DOCUMENTS, "Ann")
        assert clocks(story).result is Result.VALID

    def test_to_anything_else_has_no_lead(self) -> None:
        story = bidding(0)
        story.object_(ID, Stage.OPENING, "Ann")
        assert clocks(story).result is Result.VALID

    def test_is_judged_and_not_named_as_left_out(self) -> None:
        assert "objectionLead" not in clocks(Story()).facts["notJudged"]


class TestDeadline:
    """In Kyiv the night of 29 March 2026 is an hour short; the ledger's days are not."""

    def found(self, deadline: str) -> Any:
        story = Story(KYIV.name)
        first = story.events[1]
        assert isinstance(first, TenderPublished)
        moment = datetime.fromisoformat(deadline).replace(tzinfo=KYIV.calendar.zone)
        ends = Ends(*(int(moment.timestamp()) + each for each in range(5)))
        return misled(KYIV, bent(first, ends), (), {})

    def test_for_which_the_ledger_closes_before_the_law(self) -> None:
        faults, open_ = self.found("2026-03-30T00:30")
        assert ([each["error"] for each in faults], open_) == (["WindowShort"], [])
        assert faults[0]["dueAt"] - faults[0]["closesAt"] == 1_800
        assert self.found("2026-03-30T01:00") == ([], [])

    def test_beyond_every_calendar_leaves_it_open(self) -> None:
        story = Story()
        first = story.events[1]
        assert isinstance(first, TenderPublished)
        ends = Ends(*(2**40 - 5 + each for each in range(5)))
        faults, open_ = misled(CN, bent(first, ends), (), {})
        assert (faults, [each["error"] for each in open_]) == ([], ["CalendarUnknown"])
