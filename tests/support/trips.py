"""Trips for tests: a driver's way and an arrival's, event by event."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ledger.health.custody import Event, Trip, begin, follow
from ledger.health.custody_steps import KEEPS, LIVE, Party, Step
from ledger.values import Digest

EVERYBODY: Final = frozenset(Party)
DAWN: Final = 1_795_219_200
MINUTE: Final = 60
TRIP: Final = b"\x07" * 16
RANDOM: Final = b"\x01" * 16
DRIVER_WAY: Final[Sequence[tuple[Step, str]]] = (
    (Step.DECLARED, "port-1"),
    (Step.ADMITTED, "port-1"),
    (Step.IN_TRANSIT, "site-1"),
    (Step.AT_SITE, "site-1"),
    (Step.IN_TRANSIT, "inn-1"),
    (Step.LODGED, "inn-1"),
    (Step.IN_TRANSIT, "port-2"),
    (Step.AT_EXIT, "port-2"),
    (Step.EXITED, "port-2"),
)
"""Each step, and where it happens or a departure leads."""
ARRIVAL_WAY: Final[Sequence[tuple[Step, str]]] = (
    (Step.LANDED, "port-1"),
    (Step.TESTED, "port-1"),
    (Step.IN_TRANSIT, "hotel-1"),
    (Step.AT_FACILITY, "hotel-1"),
    (Step.RELEASED, "hotel-1"),
)


def digest(event: Event) -> Digest:
    return Digest(hashlib.sha256(repr(event).encode()).digest())


def first_event(step: Step, place: str, **changes: Any) -> Event:
    custodian = "" if step is Step.DECLARED else place
    due = DAWN + 60 * MINUTE
    event = Event(TRIP, 0, step, DAWN, place, custodian, "", due, b"", RANDOM)
    return replace(event, **changes)


def next_event(trip: Trip, step: Step, place: str, **changes: Any) -> Event:
    """The event that continues a trip; for a departure `place` is where it leads."""
    is_departure, at = step is Step.IN_TRANSIT, changes.get("at", trip.last.at + 10 * MINUTE)
    here = trip.last.place if is_departure else place
    event = Event(
        trip=trip.last.trip,
        seq=trip.last.seq + 1,
        step=step,
        at=at,
        place=here,
        custodian=trip.custodian if step in KEEPS else here,
        next_custodian=place if is_departure else "",
        due=at + 30 * MINUTE if step in LIVE else 0,
        previous=trip.digest,
        random=RANDOM,
    )
    return replace(event, **changes)


def walk(way: Sequence[tuple[Step, str]], events: int) -> Trip:
    """The trip after so many events of a way, at least one."""
    first = first_event(*way[0])
    trip = begin(first, digest(first), EVERYBODY)
    for step, place in way[1:events]:
        event = next_event(trip, step, place)
        trip = follow(trip, event, digest(event), EVERYBODY)
    return trip
