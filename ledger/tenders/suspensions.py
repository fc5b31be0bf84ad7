"""Standing still: the clock of a suspended tender, or lot, stands where that began.

At the end every end that lay ahead moves by as long; ends already passed never move.
"""

from dataclasses import dataclass, replace
from typing import Final

from ledger.tenders.policy.ends import Ends


@dataclass(frozen=True, slots=True)
class Suspension:
    """The grounds on which a tender or lot stands still: objections' ids, zeros for an order.

    `since` 0 means that it runs; `ordered_at` is when a supervisor ordered it.
    """

    since: int = 0
    grounds: frozenset[bytes] = frozenset()
    ordered_at: int = 0


RUNNING: Final = Suspension()


def clock(suspension: Suspension, at: int) -> int:
    """Return what the clock of a tender or lot shows at `at`."""
    return min(at, suspension.since) if suspension.since else at


def shifted(ends: Ends, since: int, shift: int) -> Ends:
    """Return the ends with those later than `since` moved; passed ones never move."""
    return Ends(
        shifted_end(ends.submit_end, since, shift),
        shifted_end(ends.list_end, since, shift),
        shifted_end(ends.disclose_end, since, shift),
        shifted_end(ends.release_end, since, shift),
        shifted_end(ends.fallback_end, since, shift),
    )


def shifted_end(end: int, since: int, shift: int) -> int:
    """Return `end`, moved by `shift` where it lies later than `since`."""
    return end + shift if end > since else end


def held(suspension: Suspension, ground: bytes, now: int) -> Suspension:
    """Return a suspension with one ground more; the clock stands from the first on."""
    is_order = not any(ground)
    return Suspension(
        since=suspension.since or now,
        grounds=suspension.grounds | {ground},
        ordered_at=now if is_order else suspension.ordered_at,
    )


def lifted(suspension: Suspension, ground: bytes) -> Suspension:
    """Return a suspension with one ground less; it lasts until it is told to be over."""
    is_order = not any(ground)
    return replace(
        suspension,
        grounds=suspension.grounds - {ground},
        ordered_at=0 if is_order else suspension.ordered_at,
    )


def resumed(suspension: Suspension) -> Suspension:
    """Return a suspension that is over."""
    return replace(suspension, since=0, grounds=frozenset(), ordered_at=0)
