"""A projection in memory: the events as they came, and the headers kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.events import Event
from ledger.projection import CursorMoved, Header, Projection


@dataclass
class FakeProjection:
    """Implements `ledger.projection.Projection`; keeps `depth` headers."""

    depth: int = 64
    headers: dict[int, Header] = field(default_factory=dict)
    events: dict[tuple[bytes, int], Event] = field(default_factory=dict)
    applied: list[tuple[int, int]] = field(default_factory=list)
    rollbacks: list[int] = field(default_factory=list)

    def cursor(self) -> Header | None:
        return self.headers[max(self.headers)] if self.headers else None

    def recent(self) -> Sequence[Header]:
        return [self.headers[block] for block in sorted(self.headers, reverse=True)]

    def apply(
        self, headers: Sequence[Header], events: Sequence[Event], cursor: Header | None
    ) -> None:
        self._require(cursor)
        assert [one.block for one in headers] == sorted({one.block for one in headers})
        assert cursor is None or headers[0].block == cursor.block + 1
        self.applied.append((headers[0].block, headers[-1].block))
        for event in events:
            self.events.setdefault((event.place.block_hash, event.place.log_index), event)
        self.headers |= {one.block: one for one in headers}
        self.headers = {b: h for b, h in self.headers.items() if b > max(self.headers) - self.depth}

    def rollback(self, block: int, cursor: Header | None) -> None:
        self._require(cursor)
        self.rollbacks.append(block)
        self.headers = {b: h for b, h in self.headers.items() if b <= block}
        self.events = {k: e for k, e in self.events.items() if e.place.block <= block}

    def _require(self, cursor: Header | None) -> None:
        if self.cursor() != cursor:
            raise CursorMoved

    def in_order(self) -> list[Event]:
        return sorted(self.events.values(), key=lambda e: (e.place.block, e.place.log_index))


def take_in(projection: Projection, headers: Sequence[Header], events: Sequence[Event]) -> None:
    """Let a projection take in a range above wherever it stands."""
    projection.apply(headers, events, projection.cursor())


def fall_back(projection: Projection, block: int) -> None:
    """Let a projection forget what is above a block, wherever it stands."""
    projection.rollback(block, projection.cursor())
