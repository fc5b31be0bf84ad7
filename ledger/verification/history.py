"""What an entry's status was at a time, from its chain events alone.

*Effective* is what we know now about then (`known_at` = now); *known then* is what anybody could
know at the time (`known_at` = `at`): a clerk who accepted a licence annulled next month did right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import Unavailable
from ledger.events import StatusChanged
from ledger.licences.reasons import ANNULMENTS
from ledger.values import Status


@dataclass(eq=False)
class BeforeAnchor(Unavailable):
    """Nothing can be said about a time before the anchor."""

    at: int
    anchored_at: int


@dataclass(frozen=True, slots=True)
class Effective:
    """A status at a time and the change that set it; times in Unix seconds.

    Without any change `reason`, `effective_at` and `until` are 0. `annulled`: never took effect.
    `lapsed`: a suspension that ended by itself at `until`, so the status is VALID again.
    """

    status: Status
    reason: int = 0
    effective_at: int = 0
    until: int = 0
    annulled: bool = False
    lapsed: bool = False


def status_at(
    events: Sequence[StatusChanged], *, anchored_at: int, at: int, known_at: int
) -> Effective:
    """Return the status at `at` by the events in blocks up to `known_at`, given in chain order.

    An annulment counts for every time; else each change counts from its `effective_at` on, and a
    suspension with an end ends there by itself.

    Raises:
        BeforeAnchor: when `at` is before `anchored_at`.
    """
    if at < anchored_at:
        raise BeforeAnchor(at, anchored_at)
    known = [event for event in events if event.place.block_time <= known_at]
    for event in known:
        if event.reason in ANNULMENTS:
            return Effective(Status.REVOKED, event.reason, annulled=True)
    begun = [event for event in known if event.effective_at <= at]
    if not begun:
        return Effective(Status.VALID)
    last = begun[-1]
    lapsed = last.status == Status.SUSPENDED and 0 < last.until <= at
    return Effective(
        Status.VALID if lapsed else last.status,
        last.reason,
        last.effective_at,
        last.until,
        lapsed=lapsed,
    )


def events_of(
    events: Sequence[StatusChanged], *, agency: bytes, list_number: int, index: int
) -> tuple[StatusChanged, ...]:
    """Return the events that touch one entry: same list, same word, both bits in the mask."""
    word, both_bits = index >> 7, 3 << (2 * (index & 127))
    return tuple(
        event
        for event in events
        if event.agency == agency
        and event.list == list_number
        and event.word == word
        and event.mask & both_bits == both_bits
    )
