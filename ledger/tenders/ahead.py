"""Pieces made ahead of their use, on another core: ciphers and hashes let go of the interpreter.

A sealed bid is hashed three times and encrypted twice. One after another that costs three times as
much as plain age, on two cores beside one another twice (`make bench`, tenders_sealing).
"""

import queue
import threading
from collections.abc import Generator, Iterable
from itertools import islice
from typing import Final

_BATCH: Final = 8
"""Pieces handed over at once: handing over costs as much as hashing 20 KiB."""
_DEPTH: Final = 4
"""Batches that wait at most, so that memory stays constant."""
_PATIENCE_SECONDS: Final = 0.1
"""How often a maker looks whether anybody still wants its pieces."""

_Item = list[bytes] | Exception | None


def ahead(pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Yield `pieces`, each made while an earlier one is being used; raise what making them did.

    What has not been made when the reader closes it is not made, and nothing is read any more.
    """
    made: queue.Queue[_Item] = queue.Queue(_DEPTH)
    over = threading.Event()
    maker = threading.Thread(target=_make, args=(pieces, made, over), daemon=True)
    maker.start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield from item
    finally:
        over.set()
        maker.join()


def _make(pieces: Iterable[bytes], made: "queue.Queue[_Item]", over: threading.Event) -> None:
    try:
        source = iter(pieces)
        while batch := list(islice(source, _BATCH)):
            if not _handed(batch, made, over):
                return
    except Exception as exc:  # noqa: BLE001  # raised again where the pieces are read
        _handed(exc, made, over)
    else:
        _handed(None, made, over)


def _handed(item: _Item, made: "queue.Queue[_Item]", over: threading.Event) -> bool:
    """Hand an item over; return whether anybody still wanted it."""
    while not over.is_set():
        try:
            made.put(item, timeout=_PATIENCE_SECONDS)
        except queue.Full:
            continue
        return True
    return False
