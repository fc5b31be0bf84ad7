"""Alerts about trips: questions to be answered by a person, laid over a trip and no state of it.

Raised when something due has not come, a trip is seen at another place, or a device has been off
the leg for more than 15 minutes; first by message, then by call, then by visit. Raising,
acknowledging and closing are the acts of named officers; what is overdue the service raises on
time, and it closes that when the event is told late which happened in time. No network is no
offence: one that is closed for want of a signal leaves no mark on anybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final

from ledger.errors import Refused
from ledger.health.custody import Trip
from ledger.health.custody_steps import Step

OFF_LEG_SECONDS: Final = 15 * 60
WATCH: Final = "watch"
"""Stands for an officer where the service itself raised an alert on time, or saw it answered."""
_MAX_OFFICER: Final = 64


class Cause(StrEnum):
    """What an alert asks about."""

    OVERDUE = "overdue"
    OTHER_PLACE = "other-place"
    OFF_LEG = "off-leg"


class Level(IntEnum):
    """How the driver is asked."""

    MESSAGE = 1
    CALL = 2
    VISIT = 3


class Finding(StrEnum):
    """What an alert turned out to be."""

    NO_SIGNAL = "no-signal"
    IN_ORDER = "in-order"
    BREACH = "breach"


class AlertAct(StrEnum):
    """What an officer does with an alert; also what its event says."""

    RAISE = "raise"
    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    CLOSE = "close"


@dataclass(eq=False)
class AlertRefused(Refused):
    """The alert does not allow that, or nobody is named who does it."""

    act: AlertAct


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One act, at which time and by which officer."""

    act: AlertAct
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert and all that was done about it, in order; `finding` None while it is open."""

    trip: bytes
    cause: Cause
    level: Level
    events: tuple[AlertEvent, ...]
    finding: Finding | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.finding is None

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody took it up at its present level."""
        return self.events[-1].act is AlertAct.ACKNOWLEDGE

    @property
    def leaves_mark(self) -> bool:
        """Whether it may ever be held against the driver."""
        return self.finding is Finding.BREACH


def causes(trip: Trip, now: int, seen_at: str = "", off_leg_since: int = 0) -> Sequence[Cause]:
    """Return what there is to ask about a trip, by what is known of it now.

    `seen_at`: the place where something of the traveller's was just read, if any; `off_leg_since`:
    since when the device has been saying that it is off the leg, 0 if it is not. Neither is kept.
    """
    found = [Cause.OVERDUE] if trip.is_late(now) else []
    if trip.is_live and seen_at and seen_at not in _places(trip):
        found.append(Cause.OTHER_PLACE)
    is_off = off_leg_since and now - off_leg_since > OFF_LEG_SECONDS
    if trip.state is Step.IN_TRANSIT and is_off:
        found.append(Cause.OFF_LEG)
    return found


def raise_alert(trip: Trip, cause: Cause, at: int, by: str) -> Alert:
    """Return a new alert, by message; raise `AlertRefused` for a trip that is over."""
    if not trip.is_live:
        raise AlertRefused(AlertAct.RAISE)
    return Alert(trip.last.trip, cause, Level.MESSAGE, (_event(AlertAct.RAISE, at, by),))


def acknowledge(alert: Alert, at: int, by: str) -> Alert:
    """Return the alert taken up by an officer; raise `AlertRefused` if it was already, or closed.

    All acts raise it besides for an officer without a name, and for a time before the last act.
    """
    if alert.is_acknowledged:
        raise AlertRefused(AlertAct.ACKNOWLEDGE)
    return _after(alert, AlertAct.ACKNOWLEDGE, at, by)


def escalate(alert: Alert, at: int, by: str) -> Alert:
    """Return the alert at the next level; raise `AlertRefused` at the last, or when closed."""
    if alert.level is Level.VISIT:
        raise AlertRefused(AlertAct.ESCALATE)
    return replace(_after(alert, AlertAct.ESCALATE, at, by), level=Level(alert.level + 1))


def close(alert: Alert, at: int, by: str, finding: Finding) -> Alert:
    """Return the alert closed with what it turned out to be; raise `AlertRefused` when closed."""
    return replace(_after(alert, AlertAct.CLOSE, at, by), finding=finding)


def marks(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return those that may be held against a driver: closed ones that were a breach."""
    return tuple(alert for alert in alerts if alert.leaves_mark)


def _places(trip: Trip) -> frozenset[str]:
    return frozenset({trip.last.place, trip.expected_at})


def _after(alert: Alert, act: AlertAct, at: int, by: str) -> Alert:
    if not alert.is_open or at < alert.events[-1].at:
        raise AlertRefused(act)
    return replace(alert, events=(*alert.events, _event(act, at, by)))


def _event(act: AlertAct, at: int, by: str) -> AlertEvent:
    if not 0 < len(by) <= _MAX_OFFICER:
        raise AlertRefused(act)
    return AlertEvent(act, at, by)
