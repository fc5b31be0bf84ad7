"""The expert draw."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.keys import SignatureInvalid
from ledger.secp256k1 import AccountKeyInvalid, address_of, private_key, sign
from ledger.tenders import draw as draws
from ledger.tenders.contract_errors import SecretForeign
from ledger.tenders.draw import (
    CommitteeInvalid,
    DealNotAcknowledged,
    DrawMalformed,
    Quota,
    Setting,
    TooFewExperts,
    Words,
    draw,
    expert_entry,
    seed_of,
)
from ledger.tenders.feldman import Deal, deal

TENDER = bytes.fromhex("e27800a97ad2b8c2736c9a506ef9536e773407488c322aa755d27510d706d9db")
POOL = tuple(sorted(hashlib.sha256(b"expert%d" % n).digest() for n in range(20)))
SCALARS = [b"\xa1" * 32, b"\xa2" * 32, b"\xa3" * 32]
ANCHORED = [address_of(private_key(each).public_key) for each in SCALARS]
SETTING = Setting(TENDER, 0, 1, (Quota("建筑工程", 5, POOL),), ())
HEAD = TENDER + (0).to_bytes(2) + (1).to_bytes(4) + b"\x07" * 32 + b"\x08" * 32 + b"\x09" * 32
SEED = bytes.fromhex("7da48d84bf7aab5ac2c5774f31ece586f807f03c78f8d376798618254448428c")


class TestSeed:
    def test_known_answer(self) -> None:
        assert seed_of(HEAD, SCALARS) == SEED

    def test_everything_anchored_changes_it(self) -> None:
        others = [
            replace(SETTING, lot=1),
            replace(SETTING, round=2),
            replace(SETTING, recused=(POOL[0],)),
            replace(SETTING, quotas=(Quota("建筑工程", 4, POOL),)),
            replace(SETTING, quotas=(Quota("机电工程", 5, POOL),)),
            replace(SETTING, quotas=(Quota("建筑工程", 5, POOL[1:]),)),
        ]
        assert len({SETTING.head, *(each.head for each in others)}) == 7
        assert len({len(each.head) for each in (SETTING, *others)}) == 1
        assert len(SETTING.head) == len(HEAD)

    @pytest.mark.parametrize("scalars", [[], [b"\x01" * 31]])
    def test_refuses_what_are_no_scalars(self, scalars: list[bytes]) -> None:
        with pytest.raises(DrawMalformed):
            seed_of(HEAD, scalars)


class TestDraw:
    def test_known_answer(self) -> None:
        drawn = draw(SETTING, SEED)
        assert [POOL.index(each.entry) for each in drawn] == [11, 9, 5, 6, 14]
        assert drawn[-1].words == 5

    def test_a_replacement_takes_the_next_word(self) -> None:
        plain = draw(SETTING, SEED)
        again = draw(SETTING, SEED, [plain[1].entry])
        assert again[:5] == plain
        assert (again[5].replaces, again[5].words) == (plain[1].entry, 6)
        assert again[5].entry not in {each.entry for each in plain}

    def test_a_replacement_may_decline_too(self) -> None:
        plain = draw(SETTING, SEED)
        once = draw(SETTING, SEED, [plain[0].entry])
        twice = draw(SETTING, SEED, [plain[0].entry, once[5].entry])
        assert twice[:6] == once
        assert twice[6].replaces == once[5].entry

    def test_only_those_drawn_decline_and_once(self) -> None:
        first = draw(SETTING, SEED)[0].entry
        for declined in ([POOL[0]], [first, first]):
            with pytest.raises(DrawMalformed):
                draw(SETTING, SEED, declined)

    def test_nobody_is_drawn_for_two_specialties(self) -> None:
        quotas = (Quota("a", 10, POOL), Quota("b", 10, POOL))
        drawn = draw(replace(SETTING, quotas=quotas), SEED)
        assert len({each.entry for each in drawn}) == 20
        with pytest.raises(TooFewExperts) as refused:
            draw(replace(SETTING, quotas=(Quota("a", 10, POOL), Quota("b", 11, POOL))), SEED)
        assert (refused.value.specialty, refused.value.wanted, refused.value.left) == ("b", 11, 10)

    def test_no_replacement_is_left(self) -> None:
        small = replace(SETTING, quotas=(Quota("a", 5, POOL[:5]),))
        with pytest.raises(TooFewExperts) as refused:
            draw(small, SEED, [draw(small, SEED)[0].entry])
        assert (refused.value.wanted, refused.value.left) == (1, 0)

    @settings(max_examples=50)
    @given(st.binary(min_size=32, max_size=32), st.sets(st.sampled_from(POOL), max_size=15))
    def test_the_recused_are_never_drawn(self, seed: bytes, recused: set[bytes]) -> None:
        drawn = draw(replace(SETTING, recused=tuple(recused)), seed)
        assert not recused & {each.entry for each in drawn}
        assert len({each.entry for each in drawn}) == 5

    @pytest.mark.parametrize(
        "pool", [POOL[::-1], (POOL[0], POOL[0], POOL[1]), (POOL[0][:31], *POOL[1:])]
    )
    def test_pools_in_one_spelling_only(self, pool: tuple[bytes, ...]) -> None:
        with pytest.raises(DrawMalformed):
            draw(replace(SETTING, quotas=(Quota("a", 1, pool),)), SEED)

    def test_the_same_specialty_twice(self) -> None:
        with pytest.raises(DrawMalformed):
            draw(replace(SETTING, quotas=(Quota("a", 1, POOL), Quota("a", 1, POOL))), SEED)


class TestWords:
    def test_even_enough(self) -> None:
        words = Words(SEED)
        told = Counter(words.below(10) for _ in range(2_000))
        square = sum((count - 200) ** 2 / 200 for count in told.values())
        assert square < 27.88  # chi square, 9 degrees, 0.1 %: a fixed seed, so it holds for good

    def test_words_beyond_the_last_multiple_are_passed(self) -> None:
        words = Words(SEED)
        count = 2**255 + 1  # every second word is beyond
        assert all(words.below(count) < count for _ in range(20))
        assert words.used > 20


class TestEntry:
    def test_salted(self) -> None:
        entry = expert_entry(b"\x01" * 16, "E-0001")
        assert entry == hashlib.sha256(b"\x01" * 16 + b"E-0001").digest()
        with pytest.raises(DrawMalformed):
            expert_entry(b"\x01" * 15, "E-0001")


class TestScalars:
    def test_those_anchored(self) -> None:
        draws.check_scalars(SCALARS, ANCHORED)
        with pytest.raises(SecretForeign) as refused:
            draws.check_scalars([SCALARS[0], SCALARS[2], SCALARS[1]], ANCHORED)
        assert refused.value.key == ANCHORED[1]
        with pytest.raises(AccountKeyInvalid):
            draws.check_scalars([bytes(32), *SCALARS[1:]], ANCHORED)
        with pytest.raises(DrawMalformed):
            draws.check_scalars(SCALARS[:2], ANCHORED)


def dealt(scalars: Sequence[bytes]) -> list[Deal]:
    return [deal((each, b"\x17" * 32), 3)[0] for each in scalars]


def signed(deals: Sequence[Deal]) -> dict[tuple[int, int], bytes]:
    return {
        (dealer, receiver): sign(
            private_key(SCALARS[receiver]), draws.acknowledgement(SETTING, published, receiver)
        )
        for dealer, published in enumerate(deals)
        for receiver in range(3)
        if dealer != receiver
    }


class TestAcknowledgements:
    DEALS = dealt(SCALARS)
    SIGNED = signed(DEALS)

    def test_all_of_all(self) -> None:
        draws.check_acknowledgements(SETTING, self.DEALS, ANCHORED, self.SIGNED)

    def test_one_missing_one_by_another_one_for_another_round(self) -> None:
        of_another = sign(
            private_key(SCALARS[2]),
            draws.acknowledgement(replace(SETTING, round=2), self.DEALS[0], 2),
        )
        for wrong in ({}, {(0, 2): self.SIGNED[0, 1]}, {(0, 2): of_another}):
            given_ = {pair: one for pair, one in self.SIGNED.items() if pair != (0, 2)} | wrong
            with pytest.raises(DealNotAcknowledged) as refused:
                draws.check_acknowledgements(SETTING, self.DEALS, ANCHORED, given_)
            assert (refused.value.dealer, refused.value.receiver) == (0, 2)
        with pytest.raises(SignatureInvalid):
            draws.check_acknowledgements(
                SETTING, self.DEALS, ANCHORED, {**self.SIGNED, (0, 1): b"\x00" * 65}
            )

    def test_another_scalar_than_the_anchored(self) -> None:
        others = dealt([SCALARS[1], SCALARS[0], SCALARS[2]])
        with pytest.raises(DrawMalformed):
            draws.check_acknowledgements(SETTING, others, ANCHORED, signed(others))

    def test_thresholds_that_differ(self) -> None:
        others = [*self.DEALS[:2], deal((SCALARS[2], b"\x17" * 32, b"\x18" * 32), 3)[0]]
        with pytest.raises(DrawMalformed):
            draws.check_acknowledgements(SETTING, others, ANCHORED, signed(others))


class TestCommittee:
    @pytest.mark.parametrize(("size", "experts"), [(5, 4), (5, 5), (7, 5), (9, 6)])
    def test_lawful(self, size: int, experts: int) -> None:
        draws.check_committee(size, experts)

    @pytest.mark.parametrize(("size", "experts"), [(5, 3), (3, 3), (6, 5), (7, 4), (5, 6)])
    def test_unlawful(self, size: int, experts: int) -> None:
        with pytest.raises(CommitteeInvalid):
            draws.check_committee(size, experts)
