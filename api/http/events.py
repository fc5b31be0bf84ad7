"""Following what changes: server-sent events of something that is read again and again.

Nothing is kept between two readings, so any process may answer, whoever comes back after a cut sees
the present at once, and a client that leaves costs nothing more.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from fastapi.concurrency import run_in_threadpool

from ledger.errors import LedgerError

SHORTEST_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 2.0
"""Between two readings: the former after a change, growing to the latter (proposed)."""
_GROWTH: Final = 1.5
_T = TypeVar("_T")


async def changes(
    first: _T,
    read: Callable[[], _T],
    is_last: Callable[[_T], bool],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[_T]:
    """Yield `first`, then every other value that `read` gives, to the last one.

    Ends early where `read` raises a `LedgerError`: whoever comes back is told which.
    """
    shown, pause = first, SHORTEST_SECONDS
    yield shown
    while not is_last(shown):
        await sleep(pause)
        try:
            latest = await run_in_threadpool(read)
        except LedgerError:
            return
        pause = min(pause * _GROWTH, LONGEST_SECONDS)
        if latest != shown:
            shown, pause = latest, SHORTEST_SECONDS
            yield shown
