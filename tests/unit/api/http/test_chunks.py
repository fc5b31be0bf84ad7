"""Places in memory: never more held than there are, in turn, and not for ever."""

import asyncio

import pytest

from api.http.chunks import Places, TooManyChunks


class TestPlaces:
    def test_are_held_by_so_many_at_once_and_by_all_in_turn(self) -> None:
        held: list[int] = []
        most: list[int] = []

        async def come(places: Places, number: int) -> None:
            async with places.one():
                held.append(number)
                most.append(len(held))
                await asyncio.sleep(0)
                held.remove(number)

        async def all_come() -> None:
            places = Places(3)
            await asyncio.gather(*(come(places, number) for number in range(20)))

        asyncio.run(all_come())
        assert (max(most), len(most)) == (3, 20)

    def test_are_waited_for_and_then_refused(self) -> None:
        async def come() -> None:
            places = Places(1, seconds=0.01)
            async with places.one():
                with pytest.raises(TooManyChunks) as refused:
                    async with places.one():
                        pytest.fail("there was one place")
                assert refused.value.limit == 1
            async with places.one():
                pass

        asyncio.run(come())

    def test_are_given_back_by_who_fails(self) -> None:
        async def come() -> None:
            places = Places(1, seconds=0.01)
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    async with places.one():
                        raise ZeroDivisionError

        asyncio.run(come())
