"""Size classes (§3.12): how long a bid's file is tells no more than one of 24 steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused

_MIB: Final = 2**20
CLASSES: Final = tuple(size << power for power in range(12) for size in (_MIB, _MIB + _MIB // 2))
"""{1, 1.5} × 2^k MiB, k = 0…11, in bytes."""
MAX_CONTENT_BYTES: Final = 2**31
"""2 GiB: what a bidder may put into one part."""
_PIECE: Final = bytes(65_536)


@dataclass(eq=False)
class BidTooLarge(Refused):
    """The files of one part are larger than a bid may be."""

    size: int
    maximum: int


def size_class(size: int) -> int:
    """Return the smallest class that holds `size` bytes; raise `BidTooLarge`."""
    for held in CLASSES:
        if size <= held:
            return held
    raise BidTooLarge(size, CLASSES[-1])


def zeros(size: int) -> Iterator[bytes]:
    """Yield `size` zero bytes in pieces."""
    for _ in range(size // len(_PIECE)):
        yield _PIECE
    yield _PIECE[: size % len(_PIECE)]
