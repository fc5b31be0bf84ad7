import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.shares import (
    PRIME,
    ShareOutOfRange,
    ThresholdImpossible,
    draw,
    join,
    split,
)

NUMBER = st.integers(0, PRIME - 1).map(lambda number: number.to_bytes(32))


@st.composite
def sharings(draw_: st.DrawFn) -> tuple[bytes, list[bytes], int]:
    """A secret, the other coefficients, and the number of trustees."""
    trustees = draw_(st.integers(2, 9))
    threshold = draw_(st.integers(2, trustees))
    others = draw_(st.lists(NUMBER, min_size=threshold - 1, max_size=threshold - 1))
    return draw_(NUMBER), others, trustees


class TestJoin:
    @given(sharings(), st.data())
    def test_any_t_of_n_give_the_secret(
        self, sharing: tuple[bytes, list[bytes], int], data: st.DataObject
    ) -> None:
        secret, others, trustees = sharing
        made = dict(enumerate(split(secret, others, trustees), 1))
        count = data.draw(st.integers(len(others) + 1, trustees))
        chosen = data.draw(st.permutations(list(made)))[:count]
        assert join({index: made[index] for index in chosen}) == secret

    @given(sharings(), NUMBER, st.data())
    def test_one_fewer_fit_any_other_secret_as_well(
        self, sharing: tuple[bytes, list[bytes], int], other: bytes, data: st.DataObject
    ) -> None:
        """t − 1 shares tell nothing: a polynomial through them leads to every secret there is."""
        secret, others, trustees = sharing
        made = dict(enumerate(split(secret, others, trustees), 1))
        chosen = data.draw(st.permutations(list(made)))[: len(others)]
        known = {index: made[index] for index in chosen}
        missing = next(index for index in range(1, 12) if index not in known)
        at_zero, at_one = (int.from_bytes(join({**known, missing: _n(n)})) for n in (0, 1))
        slope = at_one - at_zero
        share = (int.from_bytes(other) - at_zero) * pow(slope, -1, PRIME) % PRIME
        assert join({**known, missing: _n(share)}) == other

    @pytest.mark.parametrize("share", [b"\xff" * 32, PRIME.to_bytes(32), b"", bytes(31)])
    def test_a_share_out_of_range_is_refused(self, share: bytes) -> None:
        with pytest.raises(ShareOutOfRange):
            join({1: share, 2: bytes(32)})


class TestSplit:
    @pytest.mark.parametrize(("threshold", "trustees"), [(1, 3), (4, 3), (2, 10), (10, 10)])
    def test_refuses_what_is_no_threshold(self, threshold: int, trustees: int) -> None:
        with pytest.raises(ThresholdImpossible):
            split(bytes(32), [bytes(32)] * (threshold - 1), trustees)

    def test_takes_the_edges_of_the_field(self) -> None:
        greatest = (PRIME - 1).to_bytes(32)
        made = split(greatest, [greatest], 2)
        assert join(dict(enumerate(made, 1))) == greatest


class TestDraw:
    def test_repeats_what_is_out_of_range(self) -> None:
        given_ = iter([b"\xff" * 32, PRIME.to_bytes(32), b"\x01" * 32])
        assert draw(lambda _: next(given_)) == b"\x01" * 32


def _n(number: int) -> bytes:
    return number.to_bytes(32)
