import asyncio
import threading
from collections.abc import Sequence

import pytest

from api.store.database import StoreUnavailable
from api.store.groups import Grouped
from ledger.errors import LedgerError, Refused, Unavailable

WAIT_SECONDS = 20


class Desk:
    """Answers each number with its square; waits for `open` where a test closes it."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()
        self.called = threading.Event()
        self.fails: Exception | None = None
        self.denied: LedgerError = Refused()

    def serve(self, asked: Sequence[int]) -> list[int | LedgerError]:
        self.groups.append(list(asked))
        self.called.set()
        assert self.open.wait(WAIT_SECONDS)
        if self.fails is not None:
            raise self.fails
        return [number**2 if number >= 0 else self.denied for number in asked]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def ask_while_closed(desk: Desk, grouped: Grouped[int, int], numbers: range) -> list[object]:
    """Let the first be at work alone, and the others come meanwhile."""
    desk.open.clear()
    first = asyncio.create_task(grouped.ask(numbers[0]))
    await asyncio.to_thread(desk.called.wait, WAIT_SECONDS)
    others = [asyncio.create_task(grouped.ask(number)) for number in numbers[1:]]
    await asyncio.sleep(0)
    desk.open.set()
    return list(await asyncio.gather(first, *others, return_exceptions=True))


class TestAsk:
    def test_puts_together_what_comes_meanwhile(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve, together=4)
        answers = asyncio.run(ask_while_closed(desk, grouped, range(10)))
        assert answers == [number**2 for number in range(10)]
        assert desk.groups == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]

    def test_tells_each_its_own_error(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve)
        answers = asyncio.run(ask_while_closed(desk, grouped, range(1, -3, -1)))
        assert answers[:2] == [1, 0]
        assert [type(answer) for answer in answers[2:]] == [Refused, Refused]

    def test_works_again_after_a_pause_and_in_another_loop(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve)
        assert asyncio.run(grouped.ask(2)) == 4
        assert asyncio.run(grouped.ask(3)) == 9

    def test_serves_what_nobody_waits_for_any_more(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve)

        async def leave() -> int:
            desk.open.clear()
            gone = asyncio.create_task(grouped.ask(2))
            await asyncio.to_thread(desk.called.wait, WAIT_SECONDS)
            gone.cancel()
            desk.open.set()
            return await grouped.ask(3)

        assert asyncio.run(leave()) == 9
        assert desk.groups == [[2], [3]]


class TestOutage:
    def test_is_told_to_all_who_wait_at_once(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve, together=2)
        desk.fails = StoreUnavailable("gone")
        answers = asyncio.run(ask_while_closed(desk, grouped, range(9)))
        assert [type(answer) for answer in answers] == [StoreUnavailable] * 9
        assert desk.groups == [[0]]
        desk.fails = None
        assert asyncio.run(grouped.ask(5)) == 25

    def test_of_one_alone_is_told_to_nobody_else(self, desk: Desk) -> None:
        grouped, desk.denied = Grouped(desk.serve, together=1), Unavailable()
        answers = asyncio.run(ask_while_closed(desk, grouped, range(-1, 3)))
        assert [type(answers[0]), *answers[1:]] == [Unavailable, 0, 1, 4]

    def test_is_another_thing_than_a_defect(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve, together=2)
        desk.fails = ZeroDivisionError()
        answers = asyncio.run(ask_while_closed(desk, grouped, range(3)))
        assert [type(answer) for answer in answers] == [ZeroDivisionError] * 3
        assert desk.groups == [[0], [1, 2]]


class TestFull:
    def test_sheds_at_once_what_it_cannot_hold(self, desk: Desk) -> None:
        grouped = Grouped(desk.serve, waiting=3)
        answers = asyncio.run(ask_while_closed(desk, grouped, range(6)))
        assert answers[:4] == [0, 1, 4, 9]
        assert [type(answer) for answer in answers[4:]] == [StoreUnavailable] * 2
