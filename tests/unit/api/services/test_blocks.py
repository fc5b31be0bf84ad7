import asyncio
from dataclasses import dataclass, field

import pytest

from api.services.blocks import BLOCK, Blocks
from ledger.errors import Unavailable


@dataclass
class FakeStore:
    """Counts upwards from 1 for each name."""

    given: dict[str, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def take(self, name: str, count: int) -> range:
        first = self.given.get(name, 1)
        self.given[name] = first + count
        self.asked.append(count)
        return range(first, first + count)


class TestTake:
    def test_takes_a_block_for_many_single_ones(self) -> None:
        store = FakeStore()
        blocks = Blocks(store.take)
        taken = [blocks.take("a", 1)[0] for _ in range(BLOCK + 1)]
        assert taken == list(range(1, BLOCK + 2))
        assert store.asked == [BLOCK, BLOCK]

    def test_uses_up_what_it_has_before_taking_more(self) -> None:
        store = FakeStore()
        blocks = Blocks(store.take)
        blocks.take("a", 4)
        assert blocks.take("a", 1000) == list(range(5, 1005))
        assert store.asked == [BLOCK, 1000 - (BLOCK - 4)]

    def test_keeps_names_apart(self) -> None:
        blocks = Blocks(FakeStore().take)
        assert [blocks.take(name, 1) for name in "aba"] == [[1], [1], [2]]

    def test_two_processes_never_share_one(self) -> None:
        store = FakeStore()
        one, other = Blocks(store.take), Blocks(store.take)
        taken = [p.take("a", 3) for p in (one, other, one, other)]
        assert len({number for some in taken for number in some}) == 12

    def test_takes_nothing_for_nothing(self) -> None:
        store = FakeStore()
        assert Blocks(store.take).take("a", 0) == []
        assert store.asked == []


class TestOne:
    def test_gives_each_of_many_at_once_its_own(self) -> None:
        store = FakeStore()
        blocks = Blocks(store.take)

        async def many() -> list[int]:
            return await asyncio.gather(*(blocks.one("a") for _ in range(2 * BLOCK)))

        assert sorted(asyncio.run(many())) == list(range(1, 2 * BLOCK + 1))
        assert store.asked == [BLOCK, BLOCK]

    def test_says_that_the_store_is_away(self) -> None:
        def away(_name: str, _count: int) -> range:
            raise Unavailable

        with pytest.raises(Unavailable):
            asyncio.run(Blocks(away).one("a"))
