from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.services.packing import MAX_WORDS, UNCOSIGNED_LIMIT, halves, order_of, packed
from api.store.changes import ChangeRow
from ledger.status_list import ENTRIES, indices_of
from ledger.typed_data import CoSignature
from ledger.values import Status
from tests.support import issued
from tests.support.issued import OTHER, TARGET, digest


def change(index: int, number: int | None = None, **more: Any) -> ChangeRow:
    """A change of the licence at `index`; `number` tells several of one licence apart."""
    id_ = (index if number is None else number).to_bytes(16)
    return issued.change(1, **({"id": id_, "digest": digest(index), "index": index} | more))


INDICES = st.sets(st.integers(0, ENTRIES - 1), max_size=300)
OTHERWISE: list[dict[str, Any]] = [
    {"list": 1},
    {"status": Status.VALID},
    {"reason": 102},
    {"effective_at": 501},
    {"until": 901},
    {"agency": OTHER},
]


class TestPacked:
    @given(INDICES)
    def test_loses_and_adds_nothing(self, indices: set[int]) -> None:
        due = [change(index) for index in indices]
        packs = packed(due)
        assert sorted(each.index for pack in packs for each in pack) == sorted(indices)
        orders = [order_of(pack) for pack in packs]
        touched = [i for order in orders for word in order.changes for i in indices_of(word)]
        assert sorted(touched) == sorted(indices)

    @given(INDICES, st.sampled_from(OTHERWISE))
    def test_keeps_different_orders_apart(
        self, indices: set[int], otherwise: dict[str, Any]
    ) -> None:
        due = [change(i) if i % 2 else change(i, **otherwise) for i in indices]
        for pack in packed(due):
            assert len({replace(each, id=b"", digest=digest(0), index=0) for each in pack}) == 1

    def test_touches_no_more_words_than_the_contract_takes(self) -> None:
        packs = packed([change(word * 128 + place) for place in (5, 9) for word in range(1000)])
        assert [len(order_of(pack).changes) for pack in packs] == [MAX_WORDS, 1000 - MAX_WORDS]

    def test_puts_a_whole_word_into_one_call(self) -> None:
        (pack,) = packed([change(index) for index in range(128)])
        (word,) = order_of(pack).changes
        assert word.mask == 2**256 - 1

    def test_revokes_no_more_than_one_person_may(self) -> None:
        revoked: dict[str, Any] = {"status": Status.REVOKED, "reason": 331, "until": 0}
        packs = packed([change(index, **revoked) for index in range(UNCOSIGNED_LIMIT * 2 + 1)])
        assert [len(pack) for pack in packs] == [UNCOSIGNED_LIMIT, UNCOSIGNED_LIMIT, 1]

    def test_takes_the_first_change_of_a_licence_alone(self) -> None:
        first, second = change(1), change(1, 99, status=Status.REVOKED, reason=331)
        assert packed([change(0), first, second]) == [(change(0), first)]

    def test_sends_a_co_signed_change_as_it_was_signed(self) -> None:
        signed = CoSignature(TARGET, 7, 1000, b"s" * 65)
        alone = change(2, co_signature=signed)
        assert packed([change(1), alone, change(3)]) == [(change(1), change(3)), (alone,)]

    def test_of_nothing_is_nothing(self) -> None:
        assert packed([]) == []


class TestHalves:
    @given(st.integers(2, 50))
    def test_are_smaller_and_lose_nothing(self, count: int) -> None:
        pack = tuple(change(index) for index in range(count))
        first, second = halves(pack)
        assert first
        assert second
        assert first + second == pack
