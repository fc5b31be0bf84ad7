"""A transport that lets short pieces leave together, over one that writes down what it is told."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from api.http.together import MOST_HELD, Together


class Transport:
    def __init__(self) -> None:
        self.told: list[Any] = []

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self.told.append(list(pieces))

    def close(self) -> None:
        self.told.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.told


def over(transport: Transport) -> Together:
    return Together(cast("asyncio.Transport", transport), asyncio.get_running_loop())


async def _turn() -> None:
    await asyncio.sleep(0)


class TestTogether:
    def test_lets_the_pieces_of_one_turn_leave_in_one(self) -> None:
        async def run() -> list[Any]:
            together = over(transport := Transport())
            together.write(b"head")
            together.write(b"body")
            assert not transport.told
            await _turn()
            together.write(b"next")
            await _turn()
            return transport.told

        assert asyncio.run(run()) == [[b"head", b"body"], [b"next"]]

    def test_holds_back_no_more_than_it_may(self) -> None:
        async def run() -> list[Any]:
            together = over(transport := Transport())
            together.write(b"head")
            together.write(b"x" * MOST_HELD)
            told = list(transport.told)
            together.write(b"rest")
            await _turn()
            assert transport.told[1:] == [[b"rest"]]
            return told

        assert asyncio.run(run()) == [[b"head", b"x" * MOST_HELD]]

    def test_closes_after_what_it_holds(self) -> None:
        async def run() -> list[Any]:
            together = over(transport := Transport())
            together.write(b"last")
            assert not together.is_closing()
            together.close()
            assert together.is_closing()
            await _turn()
            return transport.told

        assert asyncio.run(run()) == [[b"last"], "closed"]
