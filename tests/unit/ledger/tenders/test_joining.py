from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.errors import CommitmentMismatch, SharesBad
from ledger.tenders.file_keys import file_key
from ledger.tenders.ids import Place
from ledger.tenders.joining import Joined, ReleasesTooFew, join_recovered, join_released
from ledger.tenders.shares import PRIME
from tests.support.sealing import KNOWN, Shared, account, envelope, released, shared


def joined(sealed: Shared, *indices: int, s_b: bytes | None = None) -> Joined:
    return join_released(
        1,
        sealed.part,
        sealed.context,
        sealed.envelopes,
        released(indices),
        sealed.threshold,
        sealed.s_b if s_b is None else s_b,
    )


class TestJoinReleased:
    def test_any_three_of_five_give_the_files_key(self) -> None:
        sealed = shared()
        for indices in combinations(range(1, 6), 3):
            assert joined(sealed, *indices) == Joined(sealed.s_c, KNOWN["fileKey"], ())

    def test_waits_for_as_many_as_it_takes(self) -> None:
        with pytest.raises(ReleasesTooFew) as caught:
            joined(shared(), 1, 5)
        assert caught.value.values() == {"released": 2, "threshold": 3}

    def test_the_wrong_bidders_secret_is_refused_before_anybody_is_blamed(self) -> None:
        with pytest.raises(CommitmentMismatch):
            joined(shared(), 1, 2, 3, s_b=bytes(32))

    @pytest.mark.parametrize("index", [1, 3, 5])
    def test_one_bogus_share_does_no_harm_beside_three_good_ones(self, index: int) -> None:
        for sealed in (
            shared().with_share(index, b"\x01" * 32),
            shared().with_share(index, b"\xff" * 32),
            shared().with_envelope(index, bytes(81)),
        ):
            assert joined(sealed, 1, 2, 3, 4, 5) == Joined(sealed.s_c, KNOWN["fileKey"], (index,))

    def test_blames_the_bidder_when_none_join(self) -> None:
        sealed = shared().with_envelope(2, bytes(81)).with_share(3, b"\x01" * 32)
        with pytest.raises(SharesBad) as caught:
            joined(sealed, 1, 2, 3, 4)
        assert caught.value.values() == {"part": 1, "broken": (2,)}

    def test_a_share_is_a_number_below_the_prime_or_none(self) -> None:
        """One that is p more joins alike, and would give one content two envelopes."""
        sealed = shared(s_c=bytes(32), coefficients=[bytes(32), bytes(31) + b"\x01"])
        again = (PRIME + int.from_bytes(sealed.shares[0])).to_bytes(32)
        assert joined(sealed, 1, 2, 3).s_c == bytes(32)
        with pytest.raises(SharesBad):
            joined(sealed.with_share(1, again), 1, 2, 3)

    def test_a_copied_commitment_never_opens_under_another_key(self) -> None:
        """A copy stands at its own place: commitments, envelopes and file key are bound to that."""
        sealed = shared()
        copier = Place(KNOWN.ledger, KNOWN.place.tender, 0, account(b"\x12" * 32))
        context = copier.context(1, 1)
        with pytest.raises(CommitmentMismatch):
            join_released(
                1, sealed.part, context, sealed.envelopes, released((1, 2, 3)), 3, sealed.s_b
            )
        assert file_key(sealed.s_b, sealed.s_c, context) != KNOWN["fileKey"]

    def test_copied_envelopes_under_own_commitments_are_bad_shares(self) -> None:
        copier = Place(KNOWN.ledger, KNOWN.place.tender, 0, account(b"\x12" * 32))
        own = shared(context=copier.context(1, 1))
        for index, each in enumerate(shared().envelopes, 1):
            own = own.with_envelope(index, each)
        with pytest.raises(SharesBad) as caught:
            joined(own, 1, 2, 3, 4, 5)
        assert caught.value.broken == (1, 2, 3, 4, 5)

    @given(st.integers(2, 5), st.data())
    def test_joins_with_any_good_subset(self, threshold: int, data: st.DataObject) -> None:
        sealed = shared(threshold)
        bad = data.draw(st.sets(st.integers(1, 5), max_size=5 - threshold))
        for index in bad:
            sealed = sealed.with_share(index, bytes([index]) * 32)
        found = joined(sealed, 1, 2, 3, 4, 5)
        assert found.s_c == sealed.s_c
        assert set(found.broken) == bad


class TestJoinRecovered:
    def test_gives_the_files_key(self) -> None:
        sealed = shared()
        assert (
            join_recovered(sealed.part, sealed.context, sealed.s_b, sealed.s_c)
            == (KNOWN["fileKey"])
        )

    @pytest.mark.parametrize("wrong", ["s_b", "s_c"])
    def test_refuses_another_secret(self, wrong: str) -> None:
        sealed = shared()
        secrets = {"s_b": sealed.s_b, "s_c": sealed.s_c, wrong: b"\x01" * 32}
        with pytest.raises(CommitmentMismatch):
            join_recovered(sealed.part, sealed.context, **secrets)


class TestEnvelope:
    def test_of_one_trustee_is_of_no_use_to_another(self) -> None:
        sealed = shared()
        swapped = sealed.with_envelope(1, sealed.envelopes[1]).with_envelope(
            2, envelope(sealed.shares[1], sealed.context, 1)
        )
        with pytest.raises(SharesBad) as caught:
            joined(swapped, 1, 2, 3)
        assert caught.value.broken == (1, 2)
