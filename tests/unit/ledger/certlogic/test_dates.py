"""Dates of CertLogic, judged by the calendar and by what JavaScript is known to do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.certlogic.dates import InstantMalformed, TimeUnit, birth_date, instant, plus


class TestInstant:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("2021", "2021-12-31T00:00:00.000Z"),
            ("2020-02", "2020-02-29T00:00:00.000Z"),
            ("2021-02", "2021-02-28T00:00:00.000Z"),
            ("2021-06-01", "2021-06-01T00:00:00.000Z"),
            ("0099-06-01", "0099-06-01T00:00:00.000Z"),
            ("2021-06-01T12:34:56", "2021-06-01T12:34:56.000Z"),
            ("2021-06-01T12:34:56.1", "2021-06-01T12:34:56.100Z"),
            ("2021-06-01T12:34:56.1239999", "2021-06-01T12:34:56.123Z"),
            ("2021-06-01T12:34:56Z", "2021-06-01T12:34:56.000Z"),
            ("2021-06-01T12:34:56+2", "2021-06-01T10:34:56.000Z"),
            ("2021-06-01T12:34:56+02", "2021-06-01T10:34:56.000Z"),
            ("2021-06-01T12:34:56-0130", "2021-06-01T14:04:56.000Z"),
            ("2021-06-01T12:34:56+130", "2021-06-01T11:04:56.000Z"),
            ("2021-06-01T12:34:56+1:30", "2021-06-01T11:04:56.000Z"),
            ("2021-06-01T12:34:56+08:00", "2021-06-01T04:34:56.000Z"),
        ],
    )
    def test_reads(self, text: str, shown: str) -> None:
        assert str(instant(text)) == shown

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "21",
            "2021-13",
            "2021-00",
            "2021-02-29",
            "2021-1-1",
            "2021-06-01 12:00:00",
            "2021-06-01T12:00",
            "2021-06-01T24:00:01Z",
            "2021-06-01T12:00:00z",
            "2021-06-01T12:00:00+24:00",
            "2021-06-01T12:00:00+12:",
            "2021-06-01T12:00:00+01:60",
            "2021-06-01T12:00:00.Z",
            "2021-06-01\n",
            "２０２１-06-01",
            "0000-01-01",
            "0001-01-01T00:00:00+01:00",
        ],
    )
    def test_refuses(self, text: str) -> None:
        with pytest.raises(InstantMalformed):
            instant(text)

    @given(st.text(max_size=30))
    def test_no_text_raises_anything_else(self, text: str) -> None:
        try:
            assert len(str(instant(text))) == 24
        except InstantMalformed:
            return


class TestBirthDate:
    def test_wants_a_date(self) -> None:
        assert birth_date("1998-02") == instant("1998-02-28")
        with pytest.raises(InstantMalformed):
            birth_date("1998-02-26T00:00:00Z")


class TestPlus:
    @pytest.mark.parametrize(
        ("text", "amount", "unit", "shown"),
        [
            ("2021-01-31", 1, "month", "2021-03-03"),
            ("2020-02-29", 1, "year", "2021-03-01"),
            ("2020-02-29", 4, "year", "2024-02-29"),
            ("2021-03-31", -1, "month", "2021-03-03"),
            ("2021-01-15", -13, "month", "2019-12-15"),
            ("2021-12-31", 1, "day", "2022-01-01"),
            ("2021-01-01", -24, "hour", "2020-12-31"),
            ("2021-01-31", 0, "month", "2021-01-31"),
        ],
    )
    def test_runs_over(self, text: str, amount: int, unit: TimeUnit, shown: str) -> None:
        assert plus(instant(text), amount, unit) == instant(shown)

    def test_keeps_the_time_of_day(self) -> None:
        moved = plus(instant("2021-01-31T12:34:56.789Z"), 1, "month")
        assert str(moved) == "2021-03-03T12:34:56.789Z"

    @given(
        st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  # given its zone below
        st.integers(-10_000, 10_000),
    )
    def test_days_and_hours_are_plain(self, moment: datetime, amount: int) -> None:
        moment = moment.replace(microsecond=0, tzinfo=UTC)
        start = instant(moment.isoformat())
        assert plus(start, amount, "day") == instant((moment + timedelta(days=amount)).isoformat())
        assert plus(start, amount, "hour") == instant(
            (moment + timedelta(hours=amount)).isoformat()
        )

    @pytest.mark.parametrize("unit", ["year", "month", "day", "hour"])
    @pytest.mark.parametrize("amount", [10**9, -(10**9), 10**30])
    def test_beyond_the_calendar(self, unit: TimeUnit, amount: int) -> None:
        with pytest.raises(InstantMalformed):
            plus(instant("2021-01-01"), amount, unit)
