"""The exemption list: the drivers who may cross without the measures that all others undergo.

APPLIED → LISTED ⇄ SUSPENDED → REMOVED, and LISTED → LAPSED, by its time or for a cause such as a
lost key. A suspension names its cause and its end, and is over by itself; a removal is for good.
Whoever wins an appeal against one is listed anew under another application: what was decided stays
as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ledger.errors import Refused


class ExemptionState(StrEnum):
    """What an exemption is at a time."""

    APPLIED = "applied"
    LISTED = "listed"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    LAPSED = "lapsed"


class ExemptionAct(StrEnum):
    """What an agency may do with an exemption."""

    LIST = "list"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    REMOVE = "remove"
    LAPSE = "lapse"


_FROM: Final[Mapping[ExemptionAct, frozenset[ExemptionState]]] = {
    ExemptionAct.LIST: frozenset({ExemptionState.APPLIED}),
    ExemptionAct.SUSPEND: frozenset({ExemptionState.LISTED, ExemptionState.SUSPENDED}),
    ExemptionAct.REINSTATE: frozenset({ExemptionState.SUSPENDED}),
    ExemptionAct.REMOVE: frozenset({ExemptionState.LISTED, ExemptionState.SUSPENDED}),
    ExemptionAct.LAPSE: frozenset({ExemptionState.LISTED}),
}
MAX_CAUSE: Final = 200


@dataclass(eq=False)
class ExemptionRefused(Refused):
    """The exemption does not allow that."""

    act: ExemptionAct
    state: ExemptionState


@dataclass(eq=False)
class ExemptionTermInvalid(Refused):
    """The end lies not in the future, the act not after the last, or a cause is missing."""

    act: ExemptionAct


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption after what was done so far; times in Unix seconds, 0 for never.

    `cause` is that of the last act that had one, `until` the end of the last suspension.
    """

    applied_at: int
    acted_at: int
    listed_until: int = 0
    suspended_at: int = 0
    until: int = 0
    removed_at: int = 0
    cause: str = ""

    def state_at(self, at: int) -> ExemptionState:
        """Return the state at a time from the last act on; later acts are not foreseen."""
        if self.removed_at and at >= self.removed_at:
            return ExemptionState.REMOVED
        if not self.listed_until:
            return ExemptionState.APPLIED
        if at >= self.listed_until:
            return ExemptionState.LAPSED
        is_suspended = self.suspended_at and self.suspended_at <= at < self.until
        return ExemptionState.SUSPENDED if is_suspended else ExemptionState.LISTED


def apply(at: int) -> Exemption:
    """Return the exemption that was asked for."""
    return Exemption(applied_at=at, acted_at=at)


def enlist(exemption: Exemption, at: int, until: int) -> Exemption:
    """Put it on the list from `at` until it lapses; raise as all acts here do.

    Raises:
        ExemptionRefused: where its state at `at` does not allow the act.
        ExemptionTermInvalid: for an `until` not after `at`, an act before the one before, and an
            empty or overlong cause.
    """
    _check(exemption, ExemptionAct.LIST, at, until=until)
    return replace(exemption, acted_at=at, listed_until=until)


def suspend(exemption: Exemption, at: int, until: int, cause: str) -> Exemption:
    """Suspend it until a time; a longer or shorter suspension takes the place of the one before."""
    _check(exemption, ExemptionAct.SUSPEND, at, until=until, cause=cause)
    return replace(exemption, acted_at=at, suspended_at=at, until=until, cause=cause)


def reinstate(exemption: Exemption, at: int) -> Exemption:
    """End its suspension early."""
    _check(exemption, ExemptionAct.REINSTATE, at)
    return replace(exemption, acted_at=at, until=at)


def remove(exemption: Exemption, at: int, cause: str) -> Exemption:
    """Remove it for good."""
    _check(exemption, ExemptionAct.REMOVE, at, cause=cause)
    return replace(exemption, acted_at=at, removed_at=at, cause=cause)


def lapse(exemption: Exemption, at: int, cause: str) -> Exemption:
    """End its time early: who lost the key of an exemption is listed anew under another one.

    Of nobody who is suspended, who would be free of that.
    """
    _check(exemption, ExemptionAct.LAPSE, at, cause=cause)
    return replace(exemption, acted_at=at, listed_until=at, cause=cause)


def _check(
    exemption: Exemption,
    act: ExemptionAct,
    at: int,
    *,
    until: int | None = None,
    cause: str | None = None,
) -> None:
    state = exemption.state_at(at)
    if state not in _FROM[act]:
        raise ExemptionRefused(act, state)
    if at < exemption.acted_at or (until is not None and until <= at):
        raise ExemptionTermInvalid(act)
    if cause is not None and not (0 < len(cause) <= MAX_CAUSE and cause.isprintable()):
        raise ExemptionTermInvalid(act)
