"""One timer for all who are inside a time limit."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from api.http.time_limit import TimeLimit


class Loop(asyncio.SelectorEventLoop):
    """A loop that counts the timers set on it."""

    timers = 0

    def call_at(self, *given: Any, **more: Any) -> asyncio.TimerHandle:  # type: ignore[override]  # it counts alone
        self.timers += 1
        return super().call_at(*given, **more)


def run(scene: Callable[[Loop], Coroutine[Any, Any, None]]) -> None:
    loop = Loop()
    try:
        loop.run_until_complete(scene(loop))
    finally:
        loop.close()


async def stay(limit: TimeLimit, event: asyncio.Event) -> str:
    try:
        with limit:
            await event.wait()
    except TimeoutError:
        return "late"
    return "in time"


class TestTimeLimit:
    def test_ends_whoever_stays_longer_and_nobody_else(self) -> None:
        async def scene(_: Loop) -> None:
            limit, never, now = TimeLimit(0.02), asyncio.Event(), asyncio.Event()
            now.set()
            found = await asyncio.gather(*(stay(limit, each) for each in (never, now, never)))
            assert found == ["late", "in time", "late"]
            assert await asyncio.create_task(stay(limit, never)) == "late"

        run(scene)

    def test_sets_one_timer_for_all(self) -> None:
        async def scene(loop: Loop) -> None:
            limit, now = TimeLimit(60), asyncio.Event()
            now.set()
            for _ in range(50):
                assert await asyncio.create_task(stay(limit, now)) == "in time"
            assert loop.timers == 1

        run(scene)

    def test_counts_for_each_from_its_own_beginning(self) -> None:
        async def scene(loop: Loop) -> None:
            limit, never = TimeLimit(0.05), asyncio.Event()
            first = asyncio.create_task(stay(limit, never))
            await asyncio.sleep(0.03)
            began = loop.time()
            assert await asyncio.create_task(stay(limit, never)) == "late"
            assert loop.time() - began >= 0.05 - 1e-3  # what a loop's clock tells apart
            assert first.done()

        run(scene)

    def test_leaves_a_cancellation_by_others_what_it_is(self) -> None:
        async def scene(_: Loop) -> None:
            task = asyncio.create_task(stay(TimeLimit(60), asyncio.Event()))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(scene)

    def test_serves_one_loop_after_another(self) -> None:
        limit = TimeLimit(0.01)

        async def scene(_: Loop) -> None:
            assert await asyncio.create_task(stay(limit, asyncio.Event())) == "late"

        async def leave(_: Loop) -> None:
            now = asyncio.Event()
            now.set()
            await asyncio.create_task(stay(limit, now))

        run(leave)  # its timer never rings
        run(scene)
