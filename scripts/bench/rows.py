"""What a benchmark found: a median with its tail, beside a limit and a peer, or why it is void."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

TAIL_SAMPLES: Final = 1_000
"""Fewer samples tell nothing of the 99th percentile."""


class Unit(StrEnum):
    """What a number counts; of rates more is better, of everything else less."""

    SECONDS = "s"
    PER_SECOND = "/s"
    GAS = "gas"
    MEGABYTES = "MB"


@dataclass(frozen=True, slots=True)
class Beside:
    """A number of the same run and unit that a row is compared with."""

    name: str
    median: float


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: median over `n` samples; `p99` None where they are too few.

    `size` is how much work a sample did, or how much was there already. `void` says why the numbers
    may not be used: the work was not all done. `note` says what a reader must know to compare.
    """

    subject: str
    name: str
    unit: Unit
    median: float
    n: int
    p99: float | None = None
    size: int | None = None
    limit: Beside | None = None
    peer: Beside | None = None
    note: str = ""
    void: str | None = None

    @classmethod
    def of(
        cls, subject: str, name: str, unit: Unit, samples: Sequence[float], **more: Any
    ) -> "Row":
        """Return the row of these samples; raise `ValueError` without any."""
        if not samples:
            raise ValueError(f"{name}: nothing was measured")
        ordered = sorted(samples)
        return cls(
            subject,
            name,
            unit,
            statistics.median(ordered),
            len(ordered),
            percentile(ordered, 99) if len(ordered) >= TAIL_SAMPLES else None,
            **more,
        )

    def beside(self, *, limit: "Row | None" = None, peer: "Row | None" = None) -> "Row":
        """Return the row with what it is compared with; raise `ValueError` for another unit.

        A void row is no measure for others.
        """
        return replace(
            self,
            limit=self._reference(limit) or self.limit,
            peer=self._reference(peer) or self.peer,
        )

    def sized(self, size: int) -> "Row":
        """Return the row as one of that size."""
        return replace(self, size=size)

    def voided(self, why: str | None) -> "Row":
        """Return the row void for `why`; as it is where that is None, or it is void already."""
        return self if why is None or self.void is not None else replace(self, void=why)

    @property
    def share_of_limit(self) -> float | None:
        """How much of what the limit reaches this reaches; 1 is all of it."""
        return None if self.limit is None else self._advantage(self.limit)

    @property
    def times_peer(self) -> float | None:
        """How many times better than the peer this is; below 1 it is worse."""
        return None if self.peer is None else self._advantage(self.peer)

    def to_json(self) -> dict[str, Any]:
        """Return the row as it stands in the report, numbers in the row's unit."""
        return {
            "subject": self.subject,
            "name": self.name,
            "size": self.size,
            "unit": self.unit.value,
            "median": self.median,
            "p99": self.p99,
            "n": self.n,
            "limit": None if self.limit is None else self.limit.name,
            "shareOfLimit": self.share_of_limit,
            "peer": None if self.peer is None else self.peer.name,
            "timesPeer": self.times_peer,
            "note": self.note,
            "void": self.void,
        }

    def _reference(self, other: "Row | None") -> Beside | None:
        if other is None or other.void is not None:
            return None
        if other.unit is not self.unit:
            raise ValueError(f"{self.name} in {self.unit} beside {other.name} in {other.unit}")
        return Beside(other.name, other.median)

    def _advantage(self, other: Beside) -> float | None:
        ours, theirs = self.median, other.median
        if self.unit is not Unit.PER_SECOND:
            ours, theirs = theirs, ours
        return ours / theirs if theirs and self.void is None else None


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the value below which `percent` of ascending samples lie."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@dataclass(frozen=True, slots=True)
class Count:
    """What became of records that were to be issued.

    `stored` and `anchored` count records, `doubled` roots that are on chain more than once;
    of `looked_at` records, each verified in full, `valid` were valid.
    """

    wanted: int
    stored: int
    anchored: int
    doubled: int
    looked_at: int
    valid: int

    def fault(self) -> str | None:
        """Return why numbers that rest on these records are void; None when nothing is amiss."""
        if self.stored != self.wanted:
            return f"{self.stored} stored of {self.wanted}"
        if self.anchored != self.wanted:
            return f"{self.anchored} anchored of {self.wanted}"
        if self.doubled:
            return f"{self.doubled} roots anchored twice"
        if not self.looked_at or self.valid != self.looked_at:
            return f"{self.valid} valid of {self.looked_at} looked at"
        return None
