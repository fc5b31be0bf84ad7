"""What a service's answer tells of a gate's clock."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.gate.clock import LASTS_SECONDS, ClockFile, Measured, measured

DATE = "Tue, 29 Jun 2021 20:53:20 GMT"
AT = 1_625_000_000


class TestMeasured:
    @pytest.mark.parametrize(("off", "error"), [(0, 1), (180, 181), (-180, 181), (1, 2)])
    def test_quick_answer_tells_to_the_second(self, off: int, error: int) -> None:
        assert measured({"Date": DATE}, AT + off, AT + off) == Measured(AT + off, off, error)

    def test_slow_answer_tells_less(self) -> None:
        assert measured({"Date": DATE}, AT - 20, AT + 10) == Measured(AT + 10, -5, 21)

    @given(
        off=st.fractions(-1_000, 1_000),
        there=st.fractions(0, 60),
        back=st.fractions(0, 60),
        begin=st.fractions(0, 1),
    )
    def test_error_is_never_more_than_what_is_told(
        self, off: float, there: float, back: float, begin: float
    ) -> None:
        asked = AT + begin - there
        answered = AT + begin + back
        found = measured({"Date": DATE}, int(asked + off), int(answered + off))
        assert found is not None
        assert abs(off) <= found.error

    def test_what_lay_in_a_cache_is_older(self) -> None:
        headers = {"Date": DATE, "Age": "40"}
        assert measured(headers, AT + 40, AT + 40) == Measured(AT + 40, 0, 1)

    @pytest.mark.parametrize(
        "headers", [{}, {"Date": ""}, {"Date": "noon"}, {"Date": DATE, "Age": "x"}]
    )
    def test_nothing_usable_tells_nothing(self, headers: dict[str, str]) -> None:
        assert measured(headers, AT, AT) is None


class TestClockFile:
    def test_counts_for_a_day_and_not_before(self, tmp_path: Path) -> None:
        clock = ClockFile(tmp_path / "clock.json")
        assert clock.error_at(AT) is None
        clock.save(Measured(AT, 180, 181))
        assert clock.error_at(AT) == clock.error_at(AT + LASTS_SECONDS) == 181
        assert clock.error_at(AT + LASTS_SECONDS + 1) is None
        assert clock.error_at(AT - 1) is None

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"at": "x", "ahead": 0, "error": 0}'])
    def test_torn_file_tells_nothing(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "clock.json"
        path.write_bytes(content)
        assert ClockFile(path).error_at(AT) is None
