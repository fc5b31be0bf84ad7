"""How often a key may sign for a purpose: by the minute and by the day.

Each allowance is a bucket that fills evenly and holds what one minute, or one day, allows. Buckets
live in memory; what the book has of the last day is taken out again when the process starts.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.signer.purposes import Purpose
from ledger.errors import AllowanceTooSmall, Refused, Unavailable
from ledger.values import KeyId

_MINUTE: Final = 60
DAY_SECONDS: Final = 86_400
_ENTRY: Final = re.compile(r"(?P<purpose>[a-z-]+)=(?P<minute>\d{1,12})/(?P<day>\d{1,12})")


@dataclass(eq=False)
class LimitsMalformed(Refused):
    """The limits are not written as `purpose=per minute/per day`, separated by commas."""

    entry: str


@dataclass(eq=False)
class LimitReached(Unavailable):
    """The key has signed as often for this purpose as it may for now."""

    purpose: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many signatures a minute and a day."""

    per_minute: int
    per_day: int


DEFAULTS: Final[Mapping[Purpose, Allowance]] = {
    Purpose.LICENCE: Allowance(600_000, 2_000_000),  # a bulk job's pace, and two long ones a day
    Purpose.DECISION: Allowance(60_000, 200_000),
    Purpose.STATUS_LIST: Allowance(600, 200_000),  # at most one a list and second
    Purpose.BUNDLE: Allowance(10, 5_000),  # one a minute and process
    Purpose.HEALTH_PASS: Allowance(60_000, 2_000_000),
    Purpose.HEALTH_TRANSFER: Allowance(6_000, 200_000),
    Purpose.HEALTH_CERTIFICATE: Allowance(6_000, 200_000),
    Purpose.HEALTH_ALLOW: Allowance(10, 5_000),  # one in five minutes of an agency
    Purpose.HEALTH_CUSTODY: Allowance(600, 50_000),  # releases and hospitals
    Purpose.GATE_BUNDLE: Allowance(10, 5_000),  # one a minute and process
    Purpose.SCAN_ERASURE: Allowance(600, 20_000),  # a thousand scans each
    Purpose.APPEAL_ANSWER: Allowance(60, 5_000),  # at officers' pace
    Purpose.BID_RECEIPT: Allowance(12_000, 200_000),  # 200 bids a second before a deadline
}
"""What is allowed where nobody says otherwise (proposed)."""


def parse_limits(text: str) -> Mapping[Purpose, Allowance]:
    """Return the defaults changed as `text` says; `0/0` forbids; raise `LimitsMalformed`."""
    found = dict(DEFAULTS)
    for entry in filter(None, (part.strip() for part in text.split(","))):
        read = _ENTRY.fullmatch(entry)
        if read is None or read["purpose"] not in set(Purpose):
            raise LimitsMalformed(entry)
        found[Purpose(read["purpose"])] = Allowance(int(read["minute"]), int(read["day"]))
    return found


class Bucket:
    """Holds up to `size` and fills by `size` each `seconds`; full at first."""

    def __init__(self, size: int, seconds: int) -> None:
        self.seconds = seconds
        self._size = size
        self._level = float(size)
        self._filled_at: float | None = None

    def fill(self, now: float) -> None:
        """Add what has come since the last filling; a clock that goes back adds nothing."""
        before = now if self._filled_at is None else self._filled_at
        self._filled_at = max(before, now)
        gain = (self._filled_at - before) * self._size / self.seconds
        self._level = min(float(self._size), self._level + gain)

    def holds(self, count: int) -> bool:
        """Whether it could ever have so many."""
        return self._size >= count

    def has(self, count: int) -> bool:
        """Whether so many are left."""
        return self._level >= count

    def take(self, count: int) -> None:
        """Take so many out."""
        self._level -= count


class Limits:
    """Counts signatures by purpose and key; safe to share between threads."""

    def __init__(self, allowances: Mapping[Purpose, Allowance]) -> None:
        self._allowances = allowances
        self._buckets: dict[tuple[Purpose, KeyId], tuple[Bucket, Bucket]] = {}
        self._lock = threading.Lock()

    def take(self, wanted: Mapping[Purpose, int], key_id: KeyId, now: float) -> None:
        """Count so many signatures of each purpose at `now`, seconds of a steady clock.

        Raises:
            AllowanceTooSmall: when a minute or a day never has that many.
            LimitReached: when it has not that many left. Nothing is counted in either case.
        """
        with self._lock:
            taken = []
            for purpose, count in wanted.items():
                for bucket in self._buckets_of(purpose, key_id):
                    bucket.fill(now)
                    if not bucket.holds(count):
                        raise AllowanceTooSmall(purpose)
                    if not bucket.has(count):
                        raise LimitReached(purpose, bucket.seconds)
                    taken.append((bucket, count))
            for bucket, count in taken:
                bucket.take(count)

    def _buckets_of(self, purpose: Purpose, key_id: KeyId) -> tuple[Bucket, Bucket]:
        place = (purpose, key_id)
        if place not in self._buckets:
            allowed = self._allowances[purpose]
            self._buckets[place] = (
                Bucket(allowed.per_minute, _MINUTE),
                Bucket(allowed.per_day, DAY_SECONDS),
            )
        return self._buckets[place]
