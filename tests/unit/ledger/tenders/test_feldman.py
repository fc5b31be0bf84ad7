"""Shares that are checked before anything is revealed."""

from itertools import combinations

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ledger.secp256k1 import ORDER, AccountKeyInvalid, address_of, private_key
from ledger.tenders.feldman import (
    Deal,
    DealMalformed,
    DealShareFalse,
    DealSharesTooFew,
    check_share,
    deal,
    rebuild,
)

COEFFICIENTS = (b"\xa1" * 32, b"\xb2" * 32, b"\xc3" * 32)
PUBLISHED, SHARES = deal(COEFFICIENTS, 5)
SCALARS = st.integers(1, ORDER - 1).map(lambda value: value.to_bytes(32))


class TestDeal:
    def test_publishes_the_dealers_address(self) -> None:
        assert PUBLISHED.dealer == address_of(private_key(COEFFICIENTS[0]).public_key)
        assert (PUBLISHED.threshold, len(SHARES)) == (3, 5)

    def test_known_answer(self) -> None:
        # f(1) = a1… + b2… + c3… over the order of the curve, reckoned by hand
        assert int.from_bytes(SHARES[0]) == sum(map(int.from_bytes, COEFFICIENTS)) % ORDER

    @pytest.mark.parametrize(("threshold", "shares"), [(1, 3), (3, 2), (2, 10)])
    def test_refuses_other_sizes(self, threshold: int, shares: int) -> None:
        with pytest.raises(DealMalformed):
            deal(COEFFICIENTS[:threshold], shares)

    @pytest.mark.parametrize("scalar", [bytes(32), ORDER.to_bytes(32), b"\x01" * 31])
    def test_refuses_what_is_no_scalar(self, scalar: bytes) -> None:
        with pytest.raises(AccountKeyInvalid):
            deal((scalar, COEFFICIENTS[1]), 3)

    def test_refuses_a_share_that_would_be_nothing(self) -> None:
        with pytest.raises(DealMalformed):
            deal(((1).to_bytes(32), (ORDER - 1).to_bytes(32)), 3)  # f(1) = 0


class TestCheckShare:
    def test_each_is_its_receivers_alone(self) -> None:
        for index, share in enumerate(SHARES, 1):
            check_share(PUBLISHED, index, share)
            with pytest.raises(DealShareFalse):
                check_share(PUBLISHED, index % 5 + 1, share)

    @pytest.mark.parametrize("share", [bytes(32), b"\x01" * 32, b"", ORDER.to_bytes(32)])
    def test_false_shares(self, share: bytes) -> None:
        with pytest.raises(DealShareFalse) as refused:
            check_share(PUBLISHED, 2, share)
        assert refused.value.index == 2

    def test_points_that_add_up_to_nothing(self) -> None:
        one = private_key((1).to_bytes(32)).public_key.format()
        minus = private_key((ORDER - 1).to_bytes(32)).public_key.format()
        with pytest.raises(DealShareFalse):
            check_share(Deal((one, minus)), 1, b"\x01" * 32)

    def test_what_is_no_deal(self) -> None:
        for published, index in (
            (PUBLISHED, 0),
            (PUBLISHED, 10),
            (Deal(()), 1),
            (Deal((b"\x02" * 33, b"\x05" * 33)), 1),
        ):
            with pytest.raises(DealMalformed):
                check_share(published, index, SHARES[0])


class TestRebuild:
    def test_any_three_of_five(self) -> None:
        for chosen in combinations(range(5), 3):
            given_ = {index + 1: SHARES[index] for index in chosen}
            assert rebuild(PUBLISHED, given_) == COEFFICIENTS[0]

    def test_two_are_too_few_and_false_ones_do_not_count(self) -> None:
        given_ = {1: SHARES[0], 2: SHARES[1], 3: SHARES[3]}
        with pytest.raises(DealSharesTooFew) as refused:
            rebuild(PUBLISHED, given_)
        assert (refused.value.given, refused.value.threshold) == (2, 3)
        assert rebuild(PUBLISHED, {**given_, 5: SHARES[4]}) == COEFFICIENTS[0]

    @settings(max_examples=25)
    @given(st.lists(SCALARS, min_size=2, max_size=5), st.data())
    def test_whatever_was_dealt_comes_back(self, dealt: list[bytes], data: st.DataObject) -> None:
        shares = data.draw(st.integers(len(dealt), 9))
        try:
            published, cut = deal(dealt, shares)
        except DealMalformed:  # a share of zero, as a dealer draws anew for
            reject()
        picked = data.draw(st.permutations(range(1, shares + 1)))[: len(dealt)]
        assert rebuild(published, {index: cut[index - 1] for index in picked}) == dealt[0]
