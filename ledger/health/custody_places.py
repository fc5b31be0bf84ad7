"""The places of a trip, whose keys sign there, and where each step may happen.

A place is registered by the agency that keeps custody of travellers: a checkpoint, a work site, a
lodging, a facility of the closed loop, a hospital. What it may do follows from what it is, for as
long as it is registered; a key signs for it from the time it was given to the time it was replaced.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.health.custody import CustodyRefused, Event, Fault
from ledger.health.custody_steps import Kind, Party, Step
from ledger.keys import PublicKey

MAX_CODE: Final = 64
MAX_KEYS: Final = 8
"""Keys of one place at a time (proposed)."""
MAX_LEG_SECONDS: Final = 24 * 3_600
"""The longest time that any leg may be given (proposed)."""


class PlaceKind(StrEnum):
    """What a place is."""

    CHECKPOINT = "checkpoint"
    SITE = "site"
    LODGING = "lodging"
    FACILITY = "facility"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class PlaceKey:
    """A key that signs for a place, from `since` until before `until`, in Unix seconds."""

    key: PublicKey
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place, registered from `since` until before `until`; `leg_seconds` to get there."""

    code: str
    kind: PlaceKind
    leg_seconds: int
    since: int
    until: int
    keys: tuple[PlaceKey, ...]

    def is_active(self, at: int) -> bool:
        """Whether its role holds at a time."""
        return self.since <= at < self.until

    def keys_at(self, at: int) -> tuple[PublicKey, ...]:
        """Return the keys that sign for it at a time; none when its role does not hold."""
        if not self.is_active(at):
            return ()
        return tuple(each.key for each in self.keys if each.since <= at < each.until)


Find = Callable[[str], Place | None]
"""Finds a place by its code."""

_PORT: Final = frozenset({PlaceKind.CHECKPOINT})
_STAYS: Final = frozenset(PlaceKind) - {PlaceKind.HOSPITAL}
PLACED: Final[Mapping[Step, frozenset[PlaceKind]]] = {
    Step.DECLARED: _PORT,
    Step.CANCELLED: _PORT,
    Step.ADMITTED: _PORT,
    Step.IN_TRANSIT: _STAYS,
    Step.AT_SITE: frozenset({PlaceKind.SITE}),
    Step.LODGED: frozenset({PlaceKind.LODGING}),
    Step.AT_EXIT: _PORT,
    Step.EXITED: _PORT,
    Step.LANDED: _PORT,
    Step.TESTED: _PORT,
    Step.AT_FACILITY: frozenset({PlaceKind.FACILITY}),
    Step.RELEASED: frozenset({PlaceKind.FACILITY}),
    Step.TRANSFERRED: frozenset({PlaceKind.HOSPITAL}),
    Step.LAPSED: frozenset(PlaceKind),
}
"""What the place of each step is."""
LEADS: Final[Mapping[Kind, frozenset[PlaceKind]]] = {
    Kind.DRIVER: frozenset({PlaceKind.SITE, PlaceKind.LODGING, PlaceKind.CHECKPOINT}),
    Kind.ARRIVAL: frozenset({PlaceKind.FACILITY}),
}
"""Where a departure may lead: of drivers the three points, of arrivals a facility."""
_IS_TAKEN_OVER: Final = frozenset(Step) - {
    Step.CANCELLED,
    Step.IN_TRANSIT,
    Step.EXITED,
    Step.LAPSED,
}


def check_places(event: Event, kind: Kind, find: Find) -> None:
    """Raise `CustodyRefused` unless the event's places are what its step asks for.

    A place that was closed may still let go of whom it has; it takes nobody over, and nobody is
    sent there. A departure gives no more time than the leg to the next place is allowed.
    """
    here = find(event.place)
    if here is None or here.kind not in PLACED[event.step]:
        raise CustodyRefused(Fault.PLACE)
    if event.step in _IS_TAKEN_OVER and not here.is_active(event.at):
        raise CustodyRefused(Fault.PLACE)
    if event.step is Step.IN_TRANSIT:
        _check_leg(event, kind, find(event.next_custodian))


def _check_leg(event: Event, kind: Kind, there: Place | None) -> None:
    if there is None or there.kind not in LEADS[kind] or not there.is_active(event.at):
        raise CustodyRefused(Fault.PLACE)
    if event.due > event.at + there.leg_seconds:
        raise CustodyRefused(Fault.DUE)


def keys_of(
    event: Event,
    custodian: str,
    traveller: PublicKey,
    consignees: Collection[PublicKey],
    find: Find,
) -> Mapping[Party, Collection[PublicKey]]:
    """Return who may sign an event as which party, the health authority apart.

    `custodian` is the place that has the traveller before it, empty before entry; `consignees` the
    keys of the sites that may have asked for the driver.
    """
    here, holder = find(event.place), find(custodian) if custodian else None
    theirs = here.keys_at(event.at) if here is not None else ()
    is_port = here is not None and here.kind is PlaceKind.CHECKPOINT
    return {
        Party.TRAVELLER: (traveller,),
        Party.CONSIGNEE: consignees,
        Party.PLACE: theirs,
        Party.CHECKPOINT: theirs if is_port else (),
        Party.CUSTODIAN: _open_keys(holder, event.at),
    }


def _open_keys(place: Place | None, at: int) -> tuple[PublicKey, ...]:
    """The keys of whoever has the traveller: closed meanwhile or not, they have to let go."""
    if place is None:
        return ()
    return tuple(each.key for each in place.keys if each.since <= at < each.until)
