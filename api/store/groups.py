"""Many requests, one transaction: whatever waits goes together, and each gets its own answer.

A commit costs the same for one row and for fifty, so the first to come starts a group, those who
come while it is at work make the next one, and nobody waits for a timer. One group is at work at
a time, in a thread of its own, so that the event loop never waits for the database.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

from api.store.database import StoreUnavailable

MOST_TOGETHER: Final = 64
"""Requests in one group (proposed): beyond it a commit is a small part of the cost."""
MOST_WAITING: Final = 1024
"""Requests that may wait (proposed); more are told at once to come back."""

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Grouped(Generic[_Asked, _Answer]):
    """Lets coroutines of one event loop share the calls of `serve`.

    `serve` takes what was asked, in order of arrival, and returns an answer or an error for each;
    what it raises is everybody's. It runs in a thread, never twice at once.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[_Asked]], Sequence[_Answer | Exception]],
        *,
        together: int = MOST_TOGETHER,
        waiting: int = MOST_WAITING,
    ) -> None:
        self._serve = serve
        self._together = together
        self._most_waiting = waiting
        self._waiting: deque[tuple[_Asked, asyncio.Future[_Answer]]] = deque()
        self._thread = ThreadPoolExecutor(1)
        self._at_work: asyncio.Task[None] | None = None

    async def ask(self, asked: _Asked) -> _Answer:
        """Return the answer, or raise the error, that `serve` has for this.

        A caller who goes away takes nothing back: what waits is served all the same.

        Raises:
            StoreUnavailable: when too many wait already.
        """
        if len(self._waiting) >= self._most_waiting:
            raise StoreUnavailable("queue full")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Answer] = loop.create_future()
        self._waiting.append((asked, answer))
        if self._at_work is None or self._at_work.done():
            self._at_work = loop.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            count = min(self._together, len(self._waiting))
            group = [self._waiting.popleft() for _ in range(count)]
            asked = [each for each, _ in group]
            outcomes: Sequence[_Answer | BaseException]
            try:
                outcomes = await loop.run_in_executor(self._thread, self._serve, asked)
            except Exception as exc:  # noqa: BLE001  # whatever it is, it is the callers'
                outcomes = [exc] * count
            for (_, answer), outcome in zip(group, outcomes, strict=True):
                _tell(answer, outcome)
            self._pass_on(outcomes)

    def _pass_on(self, outcomes: Sequence[object]) -> None:
        """Tell those who wait of the database's outage, which each would else wait for in turn.

        What is unavailable to one alone, such as an agency's missing key, is not told to others.
        """
        away = next((each for each in outcomes if isinstance(each, StoreUnavailable)), None)
        while away is not None and self._waiting:
            _tell(self._waiting.popleft()[1], away)


def _tell(answer: asyncio.Future[_Answer], outcome: _Answer | BaseException) -> None:
    if answer.done():
        return  # cancelled: nobody listens any more
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
