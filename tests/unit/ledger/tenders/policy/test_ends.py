"""Legal ends of periods."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.errors import PolicyViolated, Rule
from ledger.tenders.policy.document import PeriodUnknown, preset
from ledger.tenders.policy.ends import (
    Ends,
    check_amendment,
    check_notice,
    check_submission,
    check_windows,
    legal_end,
    legal_lead,
    lengths,
    usual_ends,
)
from ledger.tenders.policy.terms import DAY, terms_of

CN = preset("cn")
GOV = preset("cn-government-procurement")
MOMENTS = st.integers(
    int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2026, 9, 1, tzinfo=UTC).timestamp()),
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text + "+08:00").timestamp())


class TestLegalEnd:
    @pytest.mark.parametrize(
        ("period", "start", "end", "shown"),
        [
            ("submission", "2026-06-01T09:30", "2026-06-22T09:30", ("2026-06-22", "09:30")),
            ("submission", "2026-06-04T09:30", "2026-06-24T09:30", ("2026-06-24", "09:30")),
            ("notice", "2026-09-30T10:00", "2026-10-09T00:00", ("2026-10-08", "24:00")),
            ("complaintAccept", "2026-02-13T10:00", "2026-02-26T00:00", ("2026-02-25", "24:00")),
        ],
    )
    def test_known_answers(self, period: str, start: str, end: str, shown: tuple[str, str]) -> None:
        found = legal_end(CN, period, at(start))
        assert found.at == at(end)
        assert (found.shown.day, found.shown.clock) == shown
        assert found.law.startswith("招标投标法")

    @given(MOMENTS, st.sampled_from(["submission", "amendment", "notice", "complaintDecide"]))
    def test_is_never_laxer_than_the_contract(self, start: int, period: str) -> None:
        assert legal_end(CN, period, start).at >= start + CN.period(period).days * DAY

    def test_refused_where_the_calendar_or_the_policy_says_nothing(self) -> None:
        with pytest.raises(CalendarUnknown) as refused:
            legal_end(CN, "submission", at("2026-12-20T09:00"))
        assert refused.value.year == 2027
        with pytest.raises(CalendarUnknown):
            legal_end(preset("prozorro-below-threshold"), "submission", at("2026-06-01T09:00"))
        with pytest.raises(PeriodUnknown):
            legal_end(GOV, "notice", at("2026-06-01T09:00"))

    def test_where_days_off_do_not_move_no_table_is_needed(self) -> None:
        start = at("2026-06-01T09:00")
        end = legal_end(preset("prozorro-above-threshold"), "submission", start).at
        assert end == start + 15 * DAY


class TestLegalLead:
    def test_until_the_end_of_the_day_so_long_before(self) -> None:
        found = legal_lead(CN, "objectionLead", at("2026-06-22T09:30"))
        assert (found.shown.day, found.shown.clock) == ("2026-06-12", "24:00")

    @given(MOMENTS)
    def test_the_contract_never_closes_earlier(self, deadline: int) -> None:
        lawful = legal_lead(CN, "objectionLead", deadline).at
        closes = deadline - terms_of(CN).objection_lead
        assert lawful <= closes < lawful + DAY


class TestChecks:
    START = at("2026-06-01T09:30")

    def test_submission(self) -> None:
        end = at("2026-06-22T09:30")
        check_submission(CN, self.START, end)
        with pytest.raises(PolicyViolated) as refused:
            check_submission(CN, self.START, end - 1)
        violated = refused.value
        assert (violated.rule, violated.required, violated.given) == (Rule.SUBMISSION, end, end - 1)

    def test_amendment(self) -> None:
        end = at("2026-06-16T09:30")
        check_amendment(CN, self.START, end)
        with pytest.raises(PolicyViolated):
            check_amendment(CN, self.START, end - 1)
        check_amendment(preset("eu-2014-24"), self.START, self.START)

    def test_notice(self) -> None:
        end = at("2026-06-05T00:00")
        check_notice(CN, self.START, end)
        with pytest.raises(PolicyViolated):
            check_notice(CN, self.START, end - 1)
        check_notice(GOV, self.START, self.START)


class TestWindows:
    ENDS = usual_ends(CN, 1_000_000, mailbox=True)

    def test_the_usual_ones(self) -> None:
        assert list(lengths(self.ENDS).values()) == [600, 1_800, 1_800, 3_600]
        check_windows(CN, self.ENDS, mailbox=True)
        direct = usual_ends(CN, 1_000_000, mailbox=False)
        assert direct.list_end == direct.submit_end
        check_windows(CN, direct, mailbox=False)

    @pytest.mark.parametrize("length", [599, 7_201, -5])
    def test_outside_the_bounds(self, length: int) -> None:
        ends = replace(self.ENDS, disclose_end=self.ENDS.list_end + length)
        with pytest.raises(PolicyViolated) as refused:
            check_windows(CN, ends, mailbox=True)
        assert (refused.value.rule, refused.value.given) == (Rule.DISCLOSE_WINDOW, length)

    def test_a_listing_without_a_mailbox(self) -> None:
        with pytest.raises(PolicyViolated):
            check_windows(CN, self.ENDS, mailbox=False)

    def test_ends_are_in_the_contracts_order(self) -> None:
        assert Ends(1_000_000, 1_000_600, 1_002_400, 1_004_200, 1_007_800) == self.ENDS
