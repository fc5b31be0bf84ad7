"""What the follower writes to: the chain's events on a disk that can be dropped and rebuilt.

Here, beside `ledger.outbox`, because the follower and the store must not know each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import LedgerError
from ledger.events import Event


@dataclass(frozen=True, slots=True)
class Header:
    """A block by number, hash (32 bytes) and time (Unix seconds)."""

    block: int
    hash: bytes
    time: int


class CursorMoved(LedgerError):
    """Another process moved the projection meanwhile; nothing was changed."""


class Projection(Protocol):
    """The projection's disk. Every method is one transaction.

    What writes names the cursor that it was decided by and raises `CursorMoved` unless the
    projection still stands there: a leader that was stopped may wake when another one leads.
    """

    def cursor(self) -> Header | None:
        """Return the last block whose events are in; None before the first."""

    def recent(self) -> Sequence[Header]:
        """Return the headers kept, newest first: the places a reorganisation can fall back to."""

    def apply(
        self, headers: Sequence[Header], events: Sequence[Event], cursor: Header | None
    ) -> None:
        """Take in a range above `cursor`.

        Its events in chain order, and headers, the last being the new cursor.
        """

    def rollback(self, block: int, cursor: Header | None) -> None:
        """Forget every header and event above `block`; the cursor falls to the last one left."""
