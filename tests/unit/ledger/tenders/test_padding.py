import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.padding import CLASSES, MAX_CONTENT_BYTES, BidTooLarge, size_class, zeros

MIB = 2**20


class TestSizeClass:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            (0, MIB),
            (MIB, MIB),
            (MIB + 1, 3 * MIB // 2),
            (100 * MIB, 128 * MIB),
            (2**31, 2**31),
            (2**31 + 1, 3 * 2**30),
        ],
    )
    def test_is_the_next_one(self, size: int, expected: int) -> None:
        assert size_class(size) == expected

    @given(st.integers(1, CLASSES[-1]))
    def test_wastes_half_at_most(self, size: int) -> None:
        found = size_class(size)
        assert size <= found
        assert found == MIB or found < 1.5 * size

    def test_ends(self) -> None:
        assert len(CLASSES) == 24
        assert list(CLASSES) == sorted(CLASSES)
        assert size_class(MAX_CONTENT_BYTES + MIB) == CLASSES[-1]
        with pytest.raises(BidTooLarge):
            size_class(CLASSES[-1] + 1)


class TestZeros:
    @pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
    def test_are_as_many_as_asked_for(self, size: int) -> None:
        assert b"".join(zeros(size)) == bytes(size)
