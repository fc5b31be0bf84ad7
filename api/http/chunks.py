"""How many large pieces may be in memory at once: a chunk that comes in, a file put together.

Whoever comes when all places are taken waits, its body unread, and is refused after a while.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from ledger.errors import Unavailable

MOST_CHUNKS: Final = 16
"""Bodies of 8 MiB that come in at once, each there twice for a moment (proposed)."""
MOST_FILES: Final = 4
"""Files that are put together and read back at once, by chunks (proposed)."""
WAIT_SECONDS: Final = 10.0
"""(proposed)"""
PIECE_SECONDS: Final = 15.0
"""How long 256 KiB of a chunk may take to come: 17 kB a second, lest the slow keep all places."""


@dataclass(eq=False)
class TooManyChunks(Unavailable):
    """So much comes in at once that there is no room in memory for more. Send it again soon."""

    limit: int


class Places:
    """So many places; each is held by one at a time."""

    def __init__(self, most: int, seconds: float = WAIT_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place; raise `TooManyChunks` where none is free for `seconds`."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise TooManyChunks(self._most) from None
        try:
            yield
        finally:
            self._free.release()


@dataclass(frozen=True, slots=True)
class Room:
    """The places of this process for chunks, and for files that are put together."""

    chunks: Places
    files: Places

    @classmethod
    def usual(cls) -> "Room":
        """Return as many as there is memory for: some 300 MiB when all are held."""
        return cls(Places(MOST_CHUNKS), Places(MOST_FILES))
