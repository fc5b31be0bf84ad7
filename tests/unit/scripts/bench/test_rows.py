"""Rows tell the truth: no tail from few samples, no comparison with what is void."""

from dataclasses import replace

import pytest

from scripts.bench.rows import TAIL_SAMPLES, Count, Row, Unit, percentile

WHOLE = Count(wanted=10, stored=10, anchored=10, doubled=0, looked_at=3, valid=3)


def row(median: float, unit: Unit = Unit.SECONDS, **more: object) -> Row:
    return replace(Row.of("subject", "name", unit, [median]), **more)  # type: ignore[arg-type]  # each test names fields of its own


class TestOf:
    def test_takes_the_median(self) -> None:
        found = Row.of("subject", "name", Unit.SECONDS, [3.0, 1.0, 2.0])
        assert (found.median, found.n) == (2.0, 3)

    @pytest.mark.parametrize(("n", "has_tail"), [(TAIL_SAMPLES - 1, False), (TAIL_SAMPLES, True)])
    def test_has_a_tail_from_a_thousand_samples_on(self, n: int, *, has_tail: bool) -> None:
        found = Row.of("subject", "name", Unit.SECONDS, [float(one) for one in range(n)])
        assert (found.p99 is not None) is has_tail

    def test_refuses_to_speak_of_nothing(self) -> None:
        with pytest.raises(ValueError, match="nothing was measured"):
            Row.of("subject", "name", Unit.SECONDS, [])


class TestPercentile:
    def test_leaves_one_of_a_hundred_above(self) -> None:
        assert percentile(range(1_000), 99) == 990
        assert percentile([7.0], 99) == 7.0
        assert percentile(range(200), 95) == 190


class TestBeside:
    def test_more_is_better_of_rates(self) -> None:
        found = row(30.0, Unit.PER_SECOND).beside(
            limit=row(40.0, Unit.PER_SECOND), peer=row(10.0, Unit.PER_SECOND)
        )
        assert (found.share_of_limit, found.times_peer) == (0.75, 3.0)

    @pytest.mark.parametrize("unit", [Unit.SECONDS, Unit.GAS, Unit.MEGABYTES])
    def test_less_is_better_of_all_else(self, unit: Unit) -> None:
        found = row(4.0, unit).beside(limit=row(1.0, unit), peer=row(12.0, unit))
        assert (found.share_of_limit, found.times_peer) == (0.25, 3.0)

    def test_another_unit_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="beside"):
            row(1.0).beside(limit=row(1.0, Unit.GAS))

    def test_a_void_row_is_no_measure_for_others(self) -> None:
        found = row(1.0).beside(limit=row(1.0, void="lost"), peer=row(1.0, void="lost"))
        assert found.share_of_limit is found.times_peer is None

    def test_a_void_row_is_not_compared(self) -> None:
        found = row(1.0).beside(limit=row(1.0), peer=row(1.0)).voided("lost")
        assert found.share_of_limit is found.times_peer is None

    def test_nothing_there_leaves_what_there_is(self) -> None:
        found = row(2.0).beside(limit=row(1.0)).beside(peer=None)
        assert (found.share_of_limit, found.times_peer) == (0.5, None)


class TestVoided:
    def test_keeps_the_first_reason(self) -> None:
        assert row(1.0).voided("first").voided("second").void == "first"
        assert row(1.0).voided(None).void is None


class TestCount:
    def test_nothing_amiss(self) -> None:
        assert WHOLE.fault() is None

    @pytest.mark.parametrize(
        ("changes", "fault"),
        [
            ({"stored": 9}, "9 stored of 10"),
            ({"stored": 11}, "11 stored of 10"),
            ({"anchored": 9}, "9 anchored of 10"),
            ({"anchored": 20}, "20 anchored of 10"),
            ({"doubled": 1}, "1 roots anchored twice"),
            ({"valid": 2}, "2 valid of 3 looked at"),
            ({"looked_at": 0, "valid": 0}, "0 valid of 0 looked at"),
        ],
    )
    def test_one_thing_amiss(self, changes: dict[str, int], fault: str) -> None:
        assert replace(WHOLE, **changes).fault() == fault
