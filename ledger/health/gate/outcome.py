"""The gate's four answers, and how each is told to eye and ear: never by its colour alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What the gate says of one person, the worst first."""

    DENY = "DENY"
    UNKNOWN = "UNKNOWN"  # cannot be decided here; to the desk, and never drawn as red
    SECONDARY = "SECONDARY"  # a person decides
    ACCEPT = "ACCEPT"


@dataclass(frozen=True, slots=True)
class Sign:
    """How an outcome looks and sounds; `colour` as #rrggbb, the other two are names."""

    colour_name: str
    colour: str
    shape: str
    sound: str


SIGNS: Final[Mapping[Outcome, Sign]] = {
    Outcome.ACCEPT: Sign("green", "#007a33", "circle", "one-high"),
    Outcome.SECONDARY: Sign("amber", "#b25e00", "triangle", "two-level"),
    Outcome.UNKNOWN: Sign("grey", "#5c6670", "square", "one-low"),
    Outcome.DENY: Sign("red", "#b3001b", "octagon", "three-falling"),
}
_RANK: Final = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of them; ACCEPT of none."""
    return min(outcomes, key=_RANK.__getitem__, default=Outcome.ACCEPT)
