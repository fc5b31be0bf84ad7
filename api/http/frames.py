"""Messages between the process that serves and its verifiers: four bytes of length, then a pickle.

Both ends are our own, of one program and one user; nothing from outside is ever unpickled.
"""

import pickle
from collections.abc import Iterator
from typing import Any, Final

_LENGTH: Final = 4


def framed(message: Any) -> bytes:
    """Return a message as it goes over the line."""
    packed = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(packed).to_bytes(_LENGTH) + packed


class Frames:
    """Puts together again what came in pieces."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, piece: bytes) -> Iterator[Any]:
        """Yield the messages that are whole with this piece."""
        waiting = self._waiting
        waiting += piece
        while len(waiting) >= _LENGTH:
            end = _LENGTH + int.from_bytes(waiting[:_LENGTH])
            if len(waiting) < end:
                return
            message = pickle.loads(waiting[_LENGTH:end])  # noqa: S301  # from our own process
            del waiting[:end]
            yield message
