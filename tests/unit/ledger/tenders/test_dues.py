"""When answers and decisions are due, by the calendar of the tender's policy."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.tenders.dues import answer_due, complaint_due, due_of, is_overdue
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import Complaint, Objection
from ledger.values import Address
from tests.support.tender_story import DAY, START

CN = terms_of(preset("cn"))
GOV = terms_of(preset("cn-government-procurement"))


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


class TestAnswerDue:
    @pytest.mark.parametrize(
        ("filed", "due"),
        [
            ("2026-06-01T09:30", "2026-06-05T00:00"),  # 24:00 of the third day
            ("2026-09-30T09:30", "2026-10-09T00:00"),  # the holiday lengthens it
        ],
    )
    def test_is_counted_by_the_calendar(self, filed: str, due: str) -> None:
        assert answer_due(CN, moment(filed)) == moment(due)

    def test_without_a_calendar_is_what_the_contract_counts(self) -> None:
        at = moment("2026-06-01T09:30")
        assert answer_due(replace(CN, min_bids=7), at) == at + 3 * DAY
        uncovered = moment("2027-06-01T09:30")
        assert answer_due(CN, uncovered) == uncovered + 3 * DAY

    def test_is_none_where_no_law_says(self) -> None:
        assert answer_due(replace(CN, answer_within=0), START) is None


class TestOverdue:
    LODGED = moment("2026-09-30T09:30")  # the holiday lengthens three days to 2026-10-08, 24:00
    DUE = moment("2026-10-09T00:00")
    OBJECTION = Objection(
        0, Stage.DOCUMENTS, 1, Address("0x" + "00" * 20), b"\x1d" * 32, LODGED, LODGED + 3 * DAY
    )

    def test_an_open_one_only_after_the_laws_end(self) -> None:
        assert self.OBJECTION.is_overdue(self.DUE - 1)  # by the contract, which knows no holidays
        assert not is_overdue(self.OBJECTION, CN, self.DUE - 1)
        assert is_overdue(self.OBJECTION, CN, self.DUE)

    @pytest.mark.parametrize(("late", "expected"), [(-1, False), (0, True), (30 * DAY, True)])
    def test_an_answered_one_by_when_it_was_answered(self, late: int, *, expected: bool) -> None:
        answered = replace(self.OBJECTION, outcome=Outcome.DISMISSED, answered_at=self.DUE + late)
        assert is_overdue(answered, CN, self.DUE + 90 * DAY) is expected

    def test_by_working_days_where_the_law_counts_those(self) -> None:
        due = answer_due(GOV, START)
        assert due is not None
        assert due > START + GOV.answer_within
        lodged = replace(self.OBJECTION, lodged_at=START, due_at=START + GOV.answer_within)
        assert not is_overdue(lodged, GOV, due - 1)
        assert is_overdue(lodged, GOV, due)

    def test_never_where_no_law_says(self) -> None:
        assert not is_overdue(self.OBJECTION, replace(CN, answer_within=0), self.DUE + 90 * DAY)


class TestDueOf:
    def test_is_counted_by_the_calendar(self) -> None:
        filed = moment("2026-09-30T09:30")
        assert due_of(CN, "complaintAccept", filed) == moment("2026-10-11T00:00")

    def test_is_none_where_nobody_can_say(self) -> None:
        filed = moment("2026-09-30T09:30")
        assert due_of(GOV, "complaintAccept", filed) is None
        assert due_of(replace(CN, min_bids=7), "complaintAccept", filed) is None
        assert due_of(CN, "complaintAccept", moment("2027-09-30T09:30")) is None


class TestComplaintDue:
    @pytest.mark.parametrize(
        ("state", "period"),
        [
            (ComplaintState.PENDING, "complaintAccept"),
            (ComplaintState.ACCEPTED, "complaintDecide"),
            (ComplaintState.DECLINED, None),
            (ComplaintState.SATISFIED, None),
        ],
    )
    def test_is_of_the_next_step(self, state: ComplaintState, period: str | None) -> None:
        told = Complaint(0, Stage.RESULT, bytes(32), state, START)
        expected = None if period is None else due_of(CN, period, START)
        assert complaint_due(told, CN) == expected
        assert (expected is None) is (period is None)
