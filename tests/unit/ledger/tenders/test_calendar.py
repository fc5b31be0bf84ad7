"""Days as the law counts them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.calendar import (
    MAX_DAYS,
    CalendarNameUnknown,
    CalendarUnknown,
    DaysOutOfRange,
    calendar_of,
)

CN = calendar_of("cn")
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
DAYS = st.sampled_from(YEAR)
EARLY = st.sampled_from(YEAR[:240])


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def worked(first: date, last: date) -> int:
    """How many working days follow `first` up to and with `last`."""
    return sum(CN.is_working(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


class TestIsWorking:
    def test_a_year_as_published(self) -> None:
        assert sum(map(CN.is_working, YEAR)) == 248

    @pytest.mark.parametrize(
        "worked", [day(1, 4), day(2, 14), day(2, 28), day(5, 9), day(9, 20), day(10, 10)]
    )
    def test_make_up_days_are_rest_days_that_are_worked(self, worked: date) -> None:
        assert worked.isoweekday() in CN.rest_days
        assert CN.is_working(worked)

    def test_holidays_and_weekends_are_not_worked(self) -> None:
        for off in (day(1, 1), day(2, 15), day(2, 23), day(10, 7), day(6, 6)):
            assert not CN.is_working(off)
        assert CN.is_working(day(2, 24))
        assert CN.is_working(day(10, 8))

    @pytest.mark.parametrize("unknown", [date(2025, 12, 31), date(2027, 1, 1)])
    def test_a_year_without_a_table_is_not_guessed(self, unknown: date) -> None:
        with pytest.raises(CalendarUnknown) as refused:
            CN.is_working(unknown)
        assert refused.value.year == unknown.year

    def test_places_without_any_table_are_not_guessed(self) -> None:
        for name in ("ua", "eu"):
            with pytest.raises(CalendarUnknown):
                calendar_of(name).is_working(day(6, 1))


class TestAddWorkingDays:
    @pytest.mark.parametrize(
        ("first", "days", "last"),
        [
            (day(2, 13), 3, day(2, 25)),
            (day(9, 30), 3, day(10, 10)),
            (day(4, 30), 1, day(5, 6)),
            (day(1, 22), 30, day(3, 11)),
            (day(5, 1), 0, day(5, 1)),
        ],
    )
    def test_known_answers(self, first: date, days: int, last: date) -> None:
        assert CN.add_working_days(first, days) == last

    @given(EARLY, st.integers(1, 60))
    def test_ends_on_a_working_day_and_counts_back(self, first: date, days: int) -> None:
        last = CN.add_working_days(first, days)
        assert CN.is_working(last)
        assert worked(first, last) == days

    @given(EARLY, st.integers(0, 60))
    def test_is_never_shorter_than_calendar_days(self, first: date, days: int) -> None:
        assert CN.add_working_days(first, days) >= first + timedelta(days=days)

    def test_refused_where_it_leaves_the_tables(self) -> None:
        assert CN.add_working_days(day(12, 30), 1) == day(12, 31)
        with pytest.raises(CalendarUnknown) as refused:
            CN.add_working_days(day(12, 30), 2)
        assert refused.value.year == 2027


class TestAddDays:
    @pytest.mark.parametrize(
        ("first", "days", "last"),
        [
            (day(9, 30), 3, day(10, 8)),
            (day(6, 1), 20, day(6, 22)),
            (day(6, 1), 1, day(6, 2)),
            (day(5, 8), 1, day(5, 9)),  # a Saturday that is worked
        ],
    )
    def test_known_answers(self, first: date, days: int, last: date) -> None:
        assert CN.add_days(first, days) == last

    @given(EARLY, st.integers(0, 100))
    def test_moves_to_the_next_working_day_only(self, first: date, days: int) -> None:
        plain, last = first + timedelta(days=days), CN.add_days(first, days)
        assert last == plain or not CN.is_working(plain)
        assert CN.is_working(last)
        assert worked(plain, last) == (0 if last == plain else 1)

    @pytest.mark.parametrize("days", [-1, MAX_DAYS + 1])
    def test_refuses_what_nobody_counts(self, days: int) -> None:
        for count in (CN.add_days, CN.add_working_days, CN.before):
            with pytest.raises(DaysOutOfRange) as refused:
                count(day(6, 1), days)
            assert refused.value.days == days


class TestBefore:
    def test_counts_back_and_stays_where_it_falls(self) -> None:
        assert CN.before(day(10, 11), 10) == day(10, 1)
        assert CN.before(day(1, 5), 10) == date(2025, 12, 26)

    @given(EARLY, st.integers(0, 100))
    def test_undoes_calendar_days(self, first: date, days: int) -> None:
        assert CN.before(first + timedelta(days=days), days) == first


class TestMoments:
    def test_a_day_has_its_local_bounds(self) -> None:
        assert CN.start_of(day(3, 11)) == 1_773_158_400
        assert CN.end_of(day(3, 11)) == 1_773_158_400 + 86_400
        assert CN.day_of(CN.end_of(day(3, 11)) - 1) == day(3, 11)
        assert CN.day_of(CN.end_of(day(3, 11))) == day(3, 12)

    def test_the_end_of_a_period_is_24_00_of_its_last_day(self) -> None:
        end = CN.end_of(day(3, 11))
        shown = CN.shown(end, is_end=True)
        assert (shown.day, shown.clock, shown.zone) == ("2026-03-11", "24:00", "Asia/Shanghai")
        assert shown.local == "2026-03-12T00:00:00+08:00"
        assert shown.utc == "2026-03-11T16:00:00Z"
        assert (CN.shown(end).day, CN.shown(end).clock) == ("2026-03-12", "00:00")
        assert CN.shown(end + 3_601, is_end=True).clock == "01:00:01"

    @given(DAYS, st.integers(0, 86_399))
    def test_the_same_time_on_another_day(self, other: date, second: int) -> None:
        at = CN.start_of(day(6, 1)) + second
        assert CN.same_time(at, other) == CN.start_of(other) + second

    def test_a_day_of_the_other_season_has_the_same_clock(self) -> None:
        ua = calendar_of("ua")
        at = ua.start_of(day(3, 28)) + 36_000
        moved = ua.same_time(at, day(3, 29))  # the clock goes forward that night
        assert moved - at == 23 * 3_600
        assert ua.shown(moved).clock == "10:00"

    @pytest.mark.parametrize("at", [-1, 2**40 - 1])
    def test_moments_beyond_every_calendar(self, at: int) -> None:
        for ask in (CN.day_of, CN.shown):
            with pytest.raises(CalendarUnknown):
                ask(at)


class TestCalendarOf:
    @pytest.mark.parametrize("name", ["", "xx", "cn-2026", "../cn"])
    def test_an_unknown_name(self, name: str) -> None:
        with pytest.raises(CalendarNameUnknown):
            calendar_of(name)
