"""Dates: both edges of the last day, no other spelling, and an open end."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.licences.dates import (
    OPEN_ENDED,
    DateMalformed,
    DatesReversed,
    ends_at,
    last_day,
    local_day,
    parse_date,
    starts_at,
    validity,
)

_LOCAL = timezone(timedelta(hours=8))
_DAYS = st.dates(min_value=date(1, 1, 2))


class TestValidity:
    def test_times_of_the_illustrated_licence(self) -> None:
        assert validity("2026-11-21", "2031-11-20") == (1_795_190_400, 1_952_956_800)

    def test_the_last_second_of_the_last_day_is_inside_and_the_next_is_outside(self) -> None:
        nbf, exp = validity("2026-11-21", "2026-11-22")
        assert exp is not None
        last = int(datetime(2026, 11, 22, 23, 59, 59, tzinfo=_LOCAL).timestamp())
        assert nbf <= last < exp
        assert exp == last + 1

    def test_the_first_second_of_the_first_day_is_inside_and_the_one_before_outside(self) -> None:
        nbf, _ = validity("2026-11-21", "2026-11-22")
        assert nbf == int(datetime(2026, 11, 20, 16, tzinfo=UTC).timestamp())

    def test_a_single_day_is_a_validity(self) -> None:
        nbf, exp = validity("2028-02-29", "2028-02-29")
        assert exp == nbf + 86_400

    def test_open_end(self) -> None:
        assert validity("2026-11-21", OPEN_ENDED) == (1_795_190_400, None)

    def test_reversed_by_one_day_is_refused(self) -> None:
        with pytest.raises(DatesReversed):
            validity("2026-11-21", "2026-11-20")

    def test_the_last_day_of_the_calendar(self) -> None:
        _, exp = validity("0001-01-02", "9999-12-31")
        assert exp == 253_402_300_800 - 8 * 3_600


class TestParseDate:
    @pytest.mark.parametrize(
        "text",
        [
            "20261121",
            "2026-W47-6",
            "2026-11-31",
            "2027-02-29",
            "2026-1-1",
            "",
            "2026-11-21 ",
            "２０２６-11-21",
            "长期",
            "0000-01-01",
            "0001-01-01",
        ],
    )
    def test_other_spellings_are_refused(self, text: str) -> None:
        with pytest.raises(DateMalformed):
            parse_date(text)

    @given(_DAYS)
    def test_every_day_is_read_back(self, day: object) -> None:
        assert parse_date(str(day)) == day


class TestLastDay:
    @pytest.mark.parametrize(
        ("first", "years", "last"),
        [
            ("2026-11-21", 5, "2031-11-20"),
            ("2026-01-01", 1, "2026-12-31"),
            ("2024-02-29", 4, "2028-02-28"),
            ("2024-02-29", 5, "2029-02-28"),
            ("2026-11-21", None, "长期"),
            ("9998-01-02", 1, "9999-01-01"),
        ],
    )
    def test_is_the_day_before_the_anniversary(
        self, first: str, years: int | None, last: str
    ) -> None:
        assert last_day(first, years) == last

    def test_beyond_the_calendar_is_refused(self) -> None:
        with pytest.raises(DateMalformed):
            last_day("9998-01-02", 2)


class TestLocalDay:
    @given(_DAYS)
    def test_first_and_last_second_of_a_day_belong_to_it(self, day: object) -> None:
        text = str(day)
        end = ends_at(text)
        assert end is not None
        assert local_day(starts_at(text)) == text == local_day(end - 1)

    @given(st.integers(0, 4_000_000_000))
    def test_agrees_with_the_calendar(self, at: int) -> None:
        assert local_day(at) == datetime.fromtimestamp(at, _LOCAL).date().isoformat()
