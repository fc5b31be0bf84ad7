"""A transport whose short writes of one turn of the event loop leave in one piece.

uvicorn writes an answer's head and its body apart, and uvloop sends each at once: two packets, of
which the first wakes a reader that can do nothing with it.
"""

import asyncio
from typing import Any, Final

MOST_HELD: Final = 1 << 16
"""Bytes held back; what is longer leaves at once, so that whoever writes is told to pause."""


class Together:
    """Holds back what is written until the loop comes round; is its transport in all else."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """Give what else the transport has."""
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        """Send soon, and in order."""
        if not self._held:
            self._loop.call_soon(self._leave)
        self._held.append(piece)
        self._size += len(piece)
        if self._size > MOST_HELD:
            self._leave()

    def close(self) -> None:
        """Send what is held, then close."""
        self._leave()
        self._transport.close()

    def _leave(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held:
            self._transport.writelines(held)
