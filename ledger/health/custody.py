"""Chain of custody of a cross-border driver's trip, or of an arrival in a closed loop.

A trip is a chain of signed, anchored events, each naming the digest of the one before. Who answers
for the traveller is one party at any time; a hand-over names the next place and when it is due, and
counts when that place and the traveller both sign. Late is an overlay, not a state: an event
carries its own time, and a late one closes its alert. Positions are never kept, only places.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import Refused
from ledger.health.custody_steps import (
    DUE_WITHIN,
    FIRST,
    FOLLOWS,
    KEEPS,
    LIVE,
    SIGNED_BY,
    Party,
    Step,
)
from ledger.values import Digest

ID_BYTES: Final = 16
RANDOM_BYTES: Final = 16
_DAY_SECONDS: Final = 24 * 3_600
_BY_DUE: Final = frozenset({Step.ADMITTED, Step.LAPSED})
"""Steps that what is due decides about: nobody enters late, and only what is late lapses."""


class Fault(StrEnum):
    """Why an event is not taken into the chain."""

    STEP = "step"
    SEQUENCE = "sequence"
    PREVIOUS = "previous"
    TIME = "time"
    SIGNERS = "signers"
    PLACE = "place"
    CUSTODIAN = "custodian"
    DUE = "due"
    AHEAD = "ahead"
    RANDOM = "random"


@dataclass(eq=False)
class CustodyRefused(Refused):
    """The event does not continue the trip."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a trip; times in Unix seconds, places and custodians by the place's code.

    `place` is where it happens. `custodian` answers for the traveller from then on, empty before
    entry; `next_custodian` is the place that a departure names, else empty. `due` is the latest
    time of the next event, 0 where nothing follows; `previous` the digest of the event before,
    empty for the first; `random` 16 fresh bytes, so that nobody guesses what an anchored digest is
    of.
    """

    trip: bytes
    seq: int
    step: Step
    at: int
    place: str
    custodian: str
    next_custodian: str
    due: int
    previous: bytes
    random: bytes


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip after the events so far: the last of them, its digest, and how the first began."""

    first: Step
    last: Event
    digest: Digest

    @property
    def state(self) -> Step:
        """What the last event said."""
        return self.last.step

    @property
    def custodian(self) -> str:
        """The place that answers for the traveller; empty before entry."""
        return self.last.custodian

    @property
    def expected_at(self) -> str:
        """Where the next event happens, departures and hospitals aside."""
        return self.last.next_custodian or self.last.place

    @property
    def is_live(self) -> bool:
        """Whether anything may still follow."""
        return self.state in LIVE

    def is_late(self, now: int) -> bool:
        """Whether the next event is overdue: a question to somebody, and no offence by itself."""
        return self.is_live and 0 < self.last.due < now

    def day_of_stay(self, now: int) -> int:
        """Return which day at the facility it is, of 24 hours, from 1; 0 when not at one."""
        if self.state is not Step.AT_FACILITY or now < self.last.at:
            return 0
        return (now - self.last.at) // _DAY_SECONDS + 1


def begin(event: Event, digest: Digest, signers: Collection[Party]) -> Trip:
    """Return the trip that a declaration or a landing opens; raise `CustodyRefused`.

    A declaration's `due` is the intended entry, at most 24 hours ahead. That a driver is on the
    exemption list and has no other live trip is known where trips are kept, and asked there.
    """
    if event.step not in FIRST:
        raise CustodyRefused(Fault.STEP)
    if event.seq != 0:
        raise CustodyRefused(Fault.SEQUENCE)
    if event.previous:
        raise CustodyRefused(Fault.PREVIOUS)
    if len(event.trip) != ID_BYTES:
        raise CustodyRefused(Fault.RANDOM)
    _check(event, "", signers)
    return Trip(event.step, event, digest)


def follow(trip: Trip, event: Event, digest: Digest, signers: Collection[Party]) -> Trip:
    """Return the trip after one more event; raise `CustodyRefused` with the first fault.

    `signers`: whose signatures over the event hold, `CUSTODIAN` being the place that has the
    traveller and `PLACE` the event's own, each with its role active at the event's time. A
    declaration is good for an entry until its `due`, and for none after it. What lapses is a trip
    whose next event is overdue: its traveller lost the key, or comes no more.
    """
    if trip.state not in FOLLOWS[FIRST[trip.first]].get(event.step, frozenset()):
        raise CustodyRefused(Fault.STEP)
    if (event.trip, event.seq) != (trip.last.trip, trip.last.seq + 1):
        raise CustodyRefused(Fault.SEQUENCE)
    if event.previous != trip.digest:
        raise CustodyRefused(Fault.PREVIOUS)
    if event.at < trip.last.at:
        raise CustodyRefused(Fault.TIME)
    _check(event, trip.custodian, signers)
    if event.step is not Step.TRANSFERRED and event.place != trip.expected_at:
        raise CustodyRefused(Fault.PLACE)
    if event.step in _BY_DUE and trip.is_late(event.at) is not (event.step is Step.LAPSED):
        raise CustodyRefused(Fault.DUE)
    return Trip(trip.first, event, digest)


def _check(event: Event, custodian: str, signers: Collection[Party]) -> None:
    """What holds of an event for itself, and of who answers for the traveller before and after."""
    if not SIGNED_BY[event.step] <= set(signers):
        raise CustodyRefused(Fault.SIGNERS)
    if len(event.random) != RANDOM_BYTES:
        raise CustodyRefused(Fault.RANDOM)
    _check_due(event)
    if not event.place:
        raise CustodyRefused(Fault.PLACE)
    if event.custodian != (custodian if event.step in KEEPS else event.place):
        raise CustodyRefused(Fault.CUSTODIAN)
    if bool(event.next_custodian) is not (event.step is Step.IN_TRANSIT):
        raise CustodyRefused(Fault.CUSTODIAN)
    if event.next_custodian == event.place:  # nobody leaves for where they are
        raise CustodyRefused(Fault.CUSTODIAN)


def _check_due(event: Event) -> None:
    """Something is due after every step that something may follow, and nothing after the others."""
    within = DUE_WITHIN.get(event.step)
    if within is None:
        if event.due:
            raise CustodyRefused(Fault.DUE)
    elif event.due <= event.at:
        raise CustodyRefused(Fault.DUE)
    elif event.due > event.at + within:
        raise CustodyRefused(Fault.AHEAD)
