"""How uses are spread over passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health.uses import shares

COUNTS = st.integers(1, 1_000)


class TestShares:
    @pytest.mark.parametrize(
        ("left", "count", "is_last", "expected"),
        [
            (1, 8, False, [1]),
            (1, 8, True, [1]),
            (20, 3, False, [1, 1, 1]),
            (20, 3, True, [7, 7, 6]),
            (7, 1, True, [7]),
        ],
    )
    def test_are(self, left: int, count: int, expected: list[int], *, is_last: bool) -> None:
        assert shares(left, count, is_last=is_last) == expected

    @given(COUNTS, COUNTS, st.booleans())
    def test_never_give_more_than_is_left(self, left: int, count: int, is_last: bool) -> None:  # noqa: FBT001  # drawn
        given = shares(left, count, is_last=is_last)
        assert 0 < len(given) <= count
        assert min(given) >= 1
        assert sum(given) <= left

    @given(COUNTS, COUNTS)
    def test_of_the_last_are_all_and_as_even_as_can_be(self, left: int, count: int) -> None:
        given = shares(left, count, is_last=True)
        assert sum(given) == left
        assert max(given) - min(given) <= 1
