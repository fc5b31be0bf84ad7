"""Chain of custody of a cross-border driver's trip, or of an arrival in a closed loop.

A trip is a chain of signed, anchored events, each naming the digest of the one before. Who answers
for the traveller is one party at any time; a hand-over names the next place and when it is due, and
counts when that place and the traveller both sign. Late is an overlay, not a state: an event
carries its own time, and a late one closes its alert. Positions are never kept, only places.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ledger.errors import Refused
from ledger.values import Digest

MAX_AHEAD_SECONDS: Final = 24 * 3_600
"""How long before its entry a trip may be declared (proposed)."""
RANDOM_BYTES: Final = 16


class Step(StrEnum):
    """What an event says; also the state that a trip is in after it."""

    DECLARED = "declared"
    CANCELLED = "cancelled"
    ADMITTED = "admitted"
    IN_TRANSIT = "in-transit"
    AT_SITE = "at-site"
    LODGED = "lodged"
    AT_EXIT = "at-exit"
    EXITED = "exited"
    TRANSFERRED = "transferred"


class Party(StrEnum):
    """Whose signature an event may need; `PLACE` is the event's own place."""

    TRAVELLER = "traveller"
    CONSIGNEE = "consignee"
    CHECKPOINT = "checkpoint"
    CUSTODIAN = "custodian"
    PLACE = "place"
    HEALTH_AUTHORITY = "health-authority"


_BOTH_ENDS: Final = frozenset({Party.PLACE, Party.TRAVELLER})
_SIGNED_BY: Final[Mapping[Step, frozenset[Party]]] = {
    Step.DECLARED: frozenset({Party.TRAVELLER, Party.CONSIGNEE}),
    Step.CANCELLED: frozenset({Party.TRAVELLER}),
    Step.ADMITTED: frozenset({Party.CHECKPOINT}),
    Step.IN_TRANSIT: frozenset({Party.CUSTODIAN}),
    Step.AT_SITE: _BOTH_ENDS,
    Step.LODGED: _BOTH_ENDS,
    Step.AT_EXIT: _BOTH_ENDS,
    Step.EXITED: frozenset({Party.CHECKPOINT}),
    Step.TRANSFERRED: frozenset({Party.HEALTH_AUTHORITY}),
}
_STAYS: Final = frozenset({Step.ADMITTED, Step.AT_SITE, Step.LODGED})
_LIVE: Final = _STAYS | {Step.DECLARED, Step.IN_TRANSIT, Step.AT_EXIT}
_FOLLOWS: Final[Mapping[Step, frozenset[Step]]] = {
    Step.CANCELLED: frozenset({Step.DECLARED}),
    Step.ADMITTED: frozenset({Step.DECLARED}),
    Step.IN_TRANSIT: _STAYS,
    Step.AT_SITE: frozenset({Step.IN_TRANSIT}),
    Step.LODGED: frozenset({Step.IN_TRANSIT}),
    Step.AT_EXIT: frozenset({Step.IN_TRANSIT}),
    Step.EXITED: frozenset({Step.AT_EXIT}),
    Step.TRANSFERRED: _LIVE,
}
"""Which states a step may be taken from."""
_DUE: Final = frozenset({Step.DECLARED, Step.IN_TRANSIT})
"""After which something must be due."""
_KEEPS: Final = frozenset({Step.IN_TRANSIT, Step.CANCELLED})
"""Steps by which nobody takes the traveller over."""


class Fault(StrEnum):
    """Why an event is not taken into the chain."""

    STEP = "step"
    SEQUENCE = "sequence"
    PREVIOUS = "previous"
    TIME = "time"
    SIGNERS = "signers"
    PLACE = "place"
    DUE = "due"
    AHEAD = "ahead"
    RANDOM = "random"


@dataclass(eq=False)
class CustodyRefused(Refused):
    """The event does not continue the trip."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a trip; times in Unix seconds, places by their code.

    `place` is where it happens, or on departure where the trip goes next; `due` is the latest time
    of the next event, 0 where none is due; `previous` the digest of the event before, empty for
    the first; `random` 16 fresh bytes, so that nobody guesses what an anchored digest is of.
    """

    trip: bytes
    seq: int
    step: Step
    at: int
    place: str
    due: int
    previous: bytes
    random: bytes


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip after the events so far. `custodian` is the place that answers for the traveller.

    `place` is where the traveller is, or in transit is expected; `due` 0 where nothing is due.
    """

    id: bytes
    seq: int
    state: Step
    custodian: str
    place: str
    at: int
    due: int
    last: Digest

    @property
    def is_live(self) -> bool:
        """Whether anything may still follow."""
        return self.state in _LIVE

    def is_late(self, now: int) -> bool:
        """Whether the next event is overdue: a question to somebody, and no offence by itself."""
        return self.is_live and 0 < self.due < now


def begin(event: Event, digest: Digest, signers: Collection[Party]) -> Trip:
    """Return the trip that a declaration opens; raise `CustodyRefused`.

    Its `due` is the intended entry, at most 24 hours ahead. That the traveller is on the exemption
    list and has no other live trip is known where trips are kept, and asked there.
    """
    if event.step is not Step.DECLARED:
        raise CustodyRefused(Fault.STEP)
    if event.seq != 0:
        raise CustodyRefused(Fault.SEQUENCE)
    if event.previous:
        raise CustodyRefused(Fault.PREVIOUS)
    _check(event, signers)
    if not event.at < event.due <= event.at + MAX_AHEAD_SECONDS:
        raise CustodyRefused(Fault.AHEAD)
    return Trip(event.trip, 0, event.step, "", event.place, event.at, event.due, digest)


def follow(trip: Trip, event: Event, digest: Digest, signers: Collection[Party]) -> Trip:
    """Return the trip after one more event; raise `CustodyRefused` with the first fault.

    `signers`: whose signatures over the event hold, `CUSTODIAN` being the place that has the
    traveller and `PLACE` the event's own, each with its role active at the event's time.
    """
    if trip.state not in _FOLLOWS.get(event.step, frozenset()):
        raise CustodyRefused(Fault.STEP)
    if (event.trip, event.seq) != (trip.id, trip.seq + 1):
        raise CustodyRefused(Fault.SEQUENCE)
    if event.previous != trip.last:
        raise CustodyRefused(Fault.PREVIOUS)
    if event.at < trip.at:
        raise CustodyRefused(Fault.TIME)
    _check(event, signers)
    _check_place(trip, event)
    after = replace(
        trip, seq=event.seq, state=event.step, place=event.place, at=event.at, due=event.due
    )
    custodian = trip.custodian if event.step in _KEEPS else event.place
    return replace(after, custodian=custodian, last=digest)


def _check(event: Event, signers: Collection[Party]) -> None:
    if not _SIGNED_BY[event.step] <= set(signers):
        raise CustodyRefused(Fault.SIGNERS)
    if len(event.random) != RANDOM_BYTES:
        raise CustodyRefused(Fault.RANDOM)
    if (event.due or event.step in _DUE) and event.due <= event.at:
        raise CustodyRefused(Fault.DUE)
    if not event.place:
        raise CustodyRefused(Fault.PLACE)


def _check_place(trip: Trip, event: Event) -> None:
    """Departure names another place; everything else happens where the trip is, or was sent to."""
    if event.step is Step.TRANSFERRED:
        return
    if (event.place == trip.place) is (event.step is Step.IN_TRANSIT):
        raise CustodyRefused(Fault.PLACE)
