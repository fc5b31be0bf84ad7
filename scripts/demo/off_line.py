"""A stretch without network: whatever reaches for it is stopped, so that "off line" is no claim."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_SOCKETS: Final = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg")
_guarded: set[int] = set()
_watched: list[bool] = []


class NetworkTouched(Exception):
    """Something asked the network where there is none."""


def _watch(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _SOCKETS and threading.get_ident() in _guarded:
        raise NetworkTouched(event)


@contextmanager
def off_line() -> Iterator[None]:
    """Stop this thread from opening connections; other threads go on."""
    if not _watched:
        sys.addaudithook(_watch)  # for the life of the process; it acts inside this stretch alone
        _watched.append(True)
    _guarded.add(threading.get_ident())
    try:
        yield
    finally:
        _guarded.discard(threading.get_ident())
