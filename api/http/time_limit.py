"""A time limit that many pass at once, with one timer for all of them.

`asyncio.timeout` sets and clears a timer for each: 8 µs of a request whose body is there already.
"""

import asyncio
from types import TracebackType


class TimeLimit:
    """A context that raises `TimeoutError` in whoever stays longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._inside: dict[asyncio.Task[None], float] = {}  # until when, the first one first
        self._late: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> None:
        """Begin to count."""
        task, loop = _here()
        until = loop.time() + self.seconds
        self._inside[task] = until
        if self._loop is not loop:  # no timer runs, or one of a loop that ended
            self._loop = loop
            loop.call_at(until, self._ring, loop)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        """Raise `TimeoutError` where the time was over."""
        task, _loop = _here()
        self._inside.pop(task, None)
        if task not in self._late:
            return
        self._late.remove(task)
        if task.uncancel() == 0 and kind is asyncio.CancelledError:  # nobody else cancelled it
            raise TimeoutError from raised

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """End those whose time is over; come back for the next, if anybody is inside."""
        now = loop.time()
        for task, until in list(self._inside.items()):
            if until > now:
                loop.call_at(until, self._ring, loop)
                return
            del self._inside[task]
            self._late.add(task)
            task.cancel()
        self._loop = None


def _here() -> "tuple[asyncio.Task[None], asyncio.AbstractEventLoop]":
    loop = asyncio.get_running_loop()
    task = asyncio.current_task(loop)
    assert task is not None, "in a task"
    return task, loop
