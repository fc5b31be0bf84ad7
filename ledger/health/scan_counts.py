"""How many people gates answered how: by hour, outcome and reason, and nothing about whom.

Unlike the scan log, counts have no day keys and no retention: they are what is left of it.
"""

from typing import Final, NamedTuple

from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason

HOUR_SECONDS: Final = 3_600


class ScanCount(NamedTuple):
    """So many `people` for whom `outcome` stands in the end.

    `reason` is the headline of the gate's own answer, None for one that accepted: ACCEPT with a
    reason is an officer's word, and so is DENY without one.
    """

    outcome: Outcome
    reason: Reason | None
    people: int


class CountedHour(NamedTuple):
    """What one gate counted in the hour that begins at `hour`, in Unix seconds.

    Everybody is in it once. `revision` grows with every change, so of two tellings of one hour the
    greater is the truth, in whatever order they come.
    """

    hour: int
    revision: int
    counts: tuple[ScanCount, ...]


def hour_of(at: int) -> int:
    """Return when the hour of a moment began: an hour of UTC, which is one almost everywhere."""
    return at - at % HOUR_SECONDS
