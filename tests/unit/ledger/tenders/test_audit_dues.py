"""Periods from one step to the next, judged by the law's calendar."""

from datetime import date
from typing import Any

from ledger.tenders import events
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.events import ComplaintState, Stage
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import legal_end
from ledger.verification.check import Check, Result
from tests.support.tender_story import DAY, LEDGER, START, Story, Where

CN = preset("cn")
NAMES = ("Ann", "Cai", "Dee")
NEW_YEAR = CN.calendar.start_of(date(2027, 1, 1))
COMPLAINT = b"\x0c" * 32


def clocks(story: Story, at: int | None = None) -> Check:
    bundle = TenderBundle(LEDGER, story.id, tuple(story.events), policy=CN)
    return audit(bundle, story.now if at is None else at).check("clocks")


def reported(start: int = START) -> Story:
    story = Story(where=Where(start=start))
    for name in NAMES:
        story.submit(name)
    story.open(NAMES)
    story.record(3)
    story.committee()
    for seat in range(1, 6):
        story.score(seat)
    story.report(list(NAMES))
    return story


def noticed(start: int = START) -> Story:
    story = reported(start)
    story.notice(story.now + 5 * DAY)
    return story


def awarded(start: int = START) -> Story:
    story = noticed(start)
    story.at(story.state.lot(0).course.notice_end).award("Ann")
    return story


def due(story: Story, period: str) -> int:
    return legal_end(CN, period, story.now).at


def fault(check: Check) -> Any:
    assert check.result is Result.INVALID
    (only,) = check.facts["faults"]
    return only


class TestNoticeBegins:
    def test_in_time_and_a_second_late(self) -> None:
        for late, result in ((-1, Result.VALID), (0, Result.INVALID)):
            story = reported()
            story.at(due(story, "noticeBegins") + late)
            story.notice(story.now + 6 * DAY)
            assert clocks(story).result is result

    def test_that_never_came(self) -> None:
        story = reported()
        end = due(story, "noticeBegins")
        assert clocks(story, end - 1).result is Result.VALID
        told = fault(clocks(story, end))
        assert (told["period"], told["lot"], told["dueAt"]) == ("noticeBegins", 0, end)

    def test_is_not_asked_for_after_the_tenders_end(self) -> None:
        story = reported()
        end = due(story, "noticeBegins")
        story.tell(events.TenderTerminated, b"\x14" * 32)
        assert clocks(story, end + DAY).result is Result.VALID

    def test_waits_while_the_lot_stands_still(self) -> None:
        story = reported()
        end = due(story, "noticeBegins")
        story.tell(events.LotHeld, 0, bytes(32), b"\x15" * 32)
        assert clocks(story, end + 40 * DAY).result is Result.VALID


class TestContract:
    def test_late_leaves_open_whether_it_was_signed_in_time(self) -> None:
        for late, result in ((-1, Result.VALID), (0, Result.ERROR)):
            story = awarded()
            story.at(due(story, "contract") + late)
            assert clocks(story).result is result
            story.contract()
            found = clocks(story)
            assert found.result is result
        assert found.facts["open"][0]["why"] == "signing-not-told"

    def test_that_ends_in_a_year_without_a_table_is_not_late_before_it(self) -> None:
        story = awarded(NEW_YEAR - 15 * DAY - (awarded().now - START))
        assert clocks(story, NEW_YEAR - 1).result is Result.VALID
        found = clocks(story, NEW_YEAR)
        assert found.result is Result.ERROR
        assert found.facts["open"][0]["error"] == "CalendarUnknown"


class TestComplaints:
    def filed(self) -> Story:
        story = noticed()
        story.tell(events.ComplaintFiled, 0, COMPLAINT, Stage.RESULT, bytes(32), b"\x17" * 32)
        return story

    def moved(self, story: Story, state: ComplaintState) -> None:
        story.tell(events.ComplaintMoved, COMPLAINT, state, b"\x18" * 32)

    def test_are_accepted_in_three_working_days(self) -> None:
        for late, result in ((-1, Result.VALID), (0, Result.INVALID)):
            story = self.filed()
            story.at(due(story, "complaintAccept") + late)
            assert clocks(story).result is result
            self.moved(story, ComplaintState.INVALID)
            assert clocks(story).result is result

    def test_are_decided_in_thirty_but_for_the_time_of_experts(self) -> None:
        for late, result in ((-1, Result.VALID), (0, Result.ERROR)):
            story = self.filed()
            self.moved(story, ComplaintState.ACCEPTED)
            story.at(due(story, "complaintDecide") + late)
            self.moved(story, ComplaintState.DECLINED)
            assert clocks(story).result is result


def test_what_nobody_judges_is_named() -> None:
    left = clocks(awarded()).facts["notJudged"]
    assert {"documentsOffered", "bondReturn", "report", "complaint"} <= set(left)
    judged = {"submission", "amendment", "notice", "noticeBegins", "contract", "openingRecord"}
    assert not judged & set(left)
    assert set(left) < set(CN.periods)
