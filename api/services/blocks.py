"""Things that nobody else gets, taken from the store in blocks: one question serves many requests.

What a process had taken and not used when it ended is not used by anybody: serial numbers are
unique, not gapless, and a place in a status list is taken only with the licence that stands there.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Final, Generic, TypeVar

BLOCK: Final = 256
"""How many are taken at once (proposed)."""

_Name = TypeVar("_Name", bound=Hashable)
_Thing = TypeVar("_Thing")


class Blocks(Generic[_Name, _Thing]):
    """Gives things of some name in the order in which `refill` gives them; safe for threads."""

    def __init__(self, refill: Callable[[_Name, int], Iterable[_Thing]]) -> None:
        self._refill = refill
        self._taken: defaultdict[_Name, deque[_Thing]] = defaultdict(deque)
        self._turn = Lock()

    def take(self, name: _Name, count: int) -> list[_Thing]:
        """Return `count` things; may ask the store, and waits for it."""
        with self._turn:
            taken = self._taken[name]
            missing = count - len(taken)
            if missing > 0:
                taken.extend(self._refill(name, max(missing, BLOCK)))
            return [taken.popleft() for _ in range(count)]

    async def one(self, name: _Name) -> _Thing:
        """Return one thing; the event loop does not wait for the store."""
        try:
            return self._taken[name].popleft()
        except IndexError:
            return (await asyncio.to_thread(self.take, name, 1))[0]
