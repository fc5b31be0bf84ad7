from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ledger.health.windows import ROUNDING_SECONDS, Issuance, issue_time, spans
from tests.support.licences import counted_bytes
from tests.support.policies import sample_policy

HOUR = 3_600
DAY = 24 * HOUR
NOON = 1_795_262_400
STRIPS = Issuance(batch=8, window=DAY, overlap=4 * HOUR, ahead=28 * DAY)


class TestSpans:
    def test_of_a_policy_are_as_it_says(self) -> None:
        assert Issuance.of(sample_policy()) == STRIPS

    def test_of_one_window_end_with_the_terms(self) -> None:
        found = spans(NOON, NOON + 6 * HOUR, STRIPS, 20, counted_bytes())
        assert len(found) == 8
        assert {span.end for span in found} == {NOON + 6 * HOUR}

    def test_fill_window_after_window(self) -> None:
        found = spans(NOON, NOON + 7 * DAY, STRIPS, 20, counted_bytes())
        assert len(found) == 20
        assert [span.start > NOON for span in found] == [False] * 8 + [True] * 12

    def test_reach_no_further_ahead_than_agreed(self) -> None:
        near = replace(STRIPS, ahead=0)
        assert len(spans(NOON, NOON + 7 * DAY, near, 20, counted_bytes())) == 8

    @given(
        st.integers(1, 10 * DAY),
        st.integers(2 * ROUNDING_SECONDS, DAY),
        st.integers(0, 30 * DAY),
        st.binary(min_size=1, max_size=8),
    )
    def test_leave_no_gap_and_never_outlast_the_terms(
        self, length: int, window: int, ahead: int, seed: bytes
    ) -> None:
        issuance = Issuance(2, window, window // 3, ahead)
        covered = NOON
        for span in spans(NOON, NOON + length, issuance, 16, counted_bytes(seed)):
            assert span.start < span.end <= NOON + length
            assert span.start <= covered
            covered = max(covered, span.end)

    def test_of_one_batch_differ(self) -> None:
        found = spans(NOON, NOON + 7 * DAY, STRIPS, 8, counted_bytes())
        assert len(set(found)) == 8


def test_the_time_of_issue_is_that_of_many() -> None:
    assert issue_time(NOON + 59) == issue_time(NOON + 1) == NOON
