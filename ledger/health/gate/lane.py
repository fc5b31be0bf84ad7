"""Where a code is shown: the lane, what it has seen before, and who stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from ledger.health.passes import Mode

ALL_MODES: Final = Mode.DYNAMIC | Mode.CHALLENGE | Mode.PAPER
UNMEASURED_SECONDS: Final = 300
"""What a clock that nobody held against another may be wrong by: minutes (proposed)."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a checkpoint of `jurisdiction`.

    `purpose` is a bit number. `modes` are those that its device can take. `challenges`: the times
    of those that it showed lately, by what answers them (`presentations.answer_to`).
    `clock_error`: seconds by which its clock may be wrong, None where nobody knows.
    `is_automatic`: nobody stands at it.
    """

    jurisdiction: str
    checkpoint: str
    port: str
    name: str
    purpose: int
    is_automatic: bool = False
    modes: Mode = ALL_MODES
    challenges: Mapping[bytes, int] = field(default_factory=dict)
    clock_error: int | None = 0

    @property
    def most_clock_error(self) -> int:
        """What its clock is taken to be wrong by at most; beyond that the gate is sure."""
        return UNMEASURED_SECONDS if self.clock_error is None else self.clock_error


class Memory(Protocol):
    """What the gate remembers; reading it changes nothing."""

    def was_shown(self, subject: bytes, time: int) -> bool:
        """Whether a presentation of that pass and time was seen while it could be accepted."""

    def uses(self, subject: bytes) -> int:
        """How often a pass was used, as far as is known here."""

    def admitted(self, source: str, port: str) -> int:
        """How many were let in today at a port under agreements from `source`."""


class Match(StrEnum):
    """Whether the person's document was compared with what the code shows, and how it went."""

    NONE = "none"
    MATCHED = "matched"
    MISMATCHED = "mismatched"


@dataclass(frozen=True, slots=True)
class TravelDocument:
    """What a document reader read: for a pass that is bound to a document."""

    type: str
    issuer: str
    number: str


Identity = Match | TravelDocument
