"""Spans of one-time passes: who sees two of them learns nothing from their times.

Per window a holder has a batch of passes; each begins and ends at a random moment of its own around
the window's bounds, rounded, so that passes of many people share their times. After the strips of
the Dutch domestic code (minvws/nl-covid19-coronacheck-app-coordination, Privacy Preserving Green
Card).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.agreements.health_policy import Policy
from ledger.values import Window

ROUNDING_SECONDS: Final = 600
"""Begins and ends are rounded down to ten minutes (proposed)."""
ISSUE_ROUNDING_SECONDS: Final = 60
"""So are times of issue, to the minute: less than the allow list waits for an anchor (proposed)."""
_DRAW_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Issuance:
    """How passes are cut: so many per window, windows and the rest in seconds."""

    batch: int
    window: int
    overlap: int
    ahead: int

    @classmethod
    def of(cls, policy: Policy) -> "Issuance":
        """Return what a policy says."""
        return cls(
            batch=policy.document["issuance"]["batch"],
            window=policy.seconds("issuance", "window"),
            overlap=policy.seconds("issuance", "overlap"),
            ahead=policy.seconds("issuance", "ahead"),
        )


def issue_time(at: int) -> int:
    """Return the time of issue that a pass made at `at` tells."""
    return at - at % ISSUE_ROUNDING_SECONDS


def spans(
    begins: int,
    ends: int,
    issuance: Issuance,
    count: int,
    randomness: Callable[[int], bytes],
) -> list[Window]:
    """Return the spans of up to `count` passes between two times, window by window.

    Fewer where the windows that begin within `ahead` hold fewer. The first begin at `begins` or up
    to an overlap earlier, and none lasts beyond `ends`, which is after `begins`.
    """
    found: list[Window] = []
    start = begins
    while len(found) < count and start < min(ends, begins + max(issuance.ahead, 1)):
        some = min(issuance.batch, count - len(found))
        found += [_span(start, ends, issuance, randomness) for _ in range(some)]
        start += issuance.window
    return found


def _span(start: int, ends: int, issuance: Issuance, randomness: Callable[[int], bytes]) -> Window:
    begin = _rounded(start - _drawn(issuance.overlap, randomness))
    end = min(start + issuance.window + _drawn(issuance.overlap, randomness), ends)
    rounded = _rounded(end)
    return Window(begin, rounded if rounded > start else end)


def _drawn(most: int, randomness: Callable[[int], bytes]) -> int:
    """Return 0 to `most`, even enough: 64 bits hold any span many times over."""
    return int.from_bytes(randomness(_DRAW_BYTES)) % (most + 1)


def _rounded(at: int) -> int:
    return at - at % ROUNDING_SECONDS
