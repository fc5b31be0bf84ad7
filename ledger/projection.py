"""What the follower writes to: the chain's events on a disk that can be dropped and rebuilt.

Here, beside `ledger.outbox`, because the follower and the store must not know each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.events import Event


@dataclass(frozen=True, slots=True)
class Header:
    """A block by number, hash (32 bytes) and time (Unix seconds)."""

    block: int
    hash: bytes
    time: int


class Projection(Protocol):
    """The projection's disk. Every method is one transaction."""

    def cursor(self) -> Header | None:
        """Return the last block whose events are in; None before the first."""

    def recent(self) -> Sequence[Header]:
        """Return the headers kept, newest first: the places a reorganisation can fall back to."""

    def apply(self, headers: Sequence[Header], events: Sequence[Event]) -> None:
        """Take in a range: its events in chain order, and headers, the last being the new cursor.

        An event that is in already, by block hash and log index, changes nothing.
        """

    def rollback(self, block: int) -> None:
        """Forget every header and event above `block`; the cursor falls to the last one left."""
