"""The ends that the wallet chooses, and those that it refuses, by the law's own calendar."""

from dataclasses import astuple
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.errors import EndNotLater, PolicyViolated, Rule
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import Ends, usual_ends
from wallet.tenders.deadlines import (
    SLACK_SECONDS,
    end_of_notice,
    ends_of_amendment,
    ends_of_publication,
)

CN = preset("cn")
DAY = 86_400


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


class TestPublication:
    def test_ends_when_the_law_allows_and_not_before(self) -> None:
        at = moment("2026-06-01T09:30")
        ends = ends_of_publication(CN, at, None, mailbox=True)
        assert ends.submit_end == moment("2026-06-22T10:30")  # the 21st is a holiday
        assert ends == usual_ends(CN, ends.submit_end, mailbox=True)

    def test_ends_later_where_the_last_day_is_off(self) -> None:
        """20 days after 13 September 2026 is 3 October, within the holiday."""
        at = moment("2026-09-13T09:00")
        lawful = moment("2026-10-08T09:00")
        assert ends_of_publication(CN, at, lawful, mailbox=True).submit_end == lawful
        with pytest.raises(PolicyViolated) as refused:
            ends_of_publication(CN, at, lawful - 1, mailbox=True)
        assert vars(refused.value) == {
            "rule": Rule.SUBMISSION,
            "required": lawful,
            "given": lawful - 1,
        }

    def test_without_a_mailbox_lists_nothing(self) -> None:
        ends = ends_of_publication(
            preset("eu-2014-24"), moment("2026-06-01T09:30"), None, mailbox=False
        )
        assert ends.list_end == ends.submit_end

    def test_in_a_year_without_a_table_is_never_guessed(self) -> None:
        with pytest.raises(CalendarUnknown):
            ends_of_publication(CN, moment("2026-12-20T09:30"), None, mailbox=True)


class TestAmendment:
    at = moment("2026-06-10T09:30")

    def present(self, days: int) -> Ends:
        return usual_ends(CN, self.at + days * DAY, mailbox=True)

    def test_that_affects_bids_moves_all_ends_alike(self) -> None:
        present = self.present(5)
        moved = ends_of_amendment(CN, self.at, present, None, affects_bids=True)
        assert moved.submit_end == self.at + SLACK_SECONDS + 15 * DAY
        shifts = {a - b for a, b in zip(astuple(moved), astuple(present), strict=True)}
        assert len(shifts) == 1

    @pytest.mark.parametrize(("days", "affects"), [(16, True), (5, False)])
    def test_that_comes_in_time_or_only_clarifies_moves_nothing(
        self,
        days: int,
        affects: bool,  # noqa: FBT001  # a row of the table
    ) -> None:
        present = self.present(days)
        assert ends_of_amendment(CN, self.at, present, None, affects_bids=affects) == present

    def test_never_moves_an_end_earlier(self) -> None:
        present = self.present(30)
        wished = present.submit_end - 1
        with pytest.raises(EndNotLater):
            ends_of_amendment(CN, self.at, present, wished, affects_bids=True)

    def test_that_affects_bids_refuses_a_deadline_too_near(self) -> None:
        wished = self.at + 15 * DAY - 1
        with pytest.raises(PolicyViolated):
            ends_of_amendment(CN, self.at, self.present(5), wished, affects_bids=True)


class TestNotice:
    at = moment("2026-09-30T10:00")
    lawful = moment("2026-10-09T00:00")
    """The holiday lengthens three days."""

    def test_ends_when_the_law_allows_and_not_before(self) -> None:
        assert end_of_notice(CN, self.at, None) == self.lawful
        assert end_of_notice(CN, self.at, self.lawful) == self.lawful
        with pytest.raises(PolicyViolated) as refused:
            end_of_notice(CN, self.at, self.at + 3 * DAY)
        assert vars(refused.value) == {
            "rule": Rule.NOTICE,
            "required": self.lawful,
            "given": self.at + 3 * DAY,
        }

    def test_may_end_at_once_where_no_law_asks_for_it(self) -> None:
        government = preset("cn-government-procurement")
        assert end_of_notice(government, self.at, None) == self.at + SLACK_SECONDS
        assert end_of_notice(government, self.at, self.at) == self.at

    @pytest.mark.parametrize("until", [None, moment("2027-02-01T00:00")])
    def test_in_a_year_without_a_table_is_never_guessed(self, until: int | None) -> None:
        with pytest.raises(CalendarUnknown):
            end_of_notice(CN, moment("2026-12-30T10:00"), until)
