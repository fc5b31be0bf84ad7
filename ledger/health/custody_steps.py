"""The steps of a trip and of a closed loop: what follows what, and whose signatures each needs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


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
    LANDED = "landed"
    TESTED = "tested"
    AT_FACILITY = "at-facility"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    LAPSED = "lapsed"


class Kind(StrEnum):
    """What a trip is: a driver's across the border, or an arrival's in the closed loop."""

    DRIVER = "driver"
    ARRIVAL = "arrival"


class Party(StrEnum):
    """Whose signature an event may need; `PLACE` is the event's own place."""

    TRAVELLER = "traveller"
    CONSIGNEE = "consignee"
    CHECKPOINT = "checkpoint"
    CUSTODIAN = "custodian"
    PLACE = "place"
    HEALTH_AUTHORITY = "health-authority"


FIRST: Final[Mapping[Step, Kind]] = {Step.DECLARED: Kind.DRIVER, Step.LANDED: Kind.ARRIVAL}
"""The steps that open a trip."""
_BOTH_ENDS: Final = frozenset({Party.PLACE, Party.TRAVELLER})
_CHECKPOINT: Final = frozenset({Party.CHECKPOINT})
SIGNED_BY: Final[Mapping[Step, frozenset[Party]]] = {
    Step.DECLARED: frozenset({Party.TRAVELLER, Party.CONSIGNEE}),
    Step.CANCELLED: frozenset({Party.TRAVELLER}),
    Step.ADMITTED: _CHECKPOINT,
    Step.IN_TRANSIT: frozenset({Party.CUSTODIAN}),
    Step.AT_SITE: _BOTH_ENDS,
    Step.LODGED: _BOTH_ENDS,
    Step.AT_EXIT: _BOTH_ENDS,
    Step.EXITED: _CHECKPOINT,
    Step.LANDED: _CHECKPOINT,
    Step.TESTED: _CHECKPOINT,
    Step.AT_FACILITY: _BOTH_ENDS,
    Step.RELEASED: frozenset({Party.HEALTH_AUTHORITY}),
    Step.TRANSFERRED: frozenset({Party.HEALTH_AUTHORITY}),
    Step.LAPSED: frozenset({Party.HEALTH_AUTHORITY}),
}
"""Who signs each event, all of them."""
_TRANSIT: Final = frozenset({Step.IN_TRANSIT})
_STAYS: Final = frozenset({Step.ADMITTED, Step.AT_SITE, Step.LODGED})
_DRIVER_LIVE: Final = _STAYS | _TRANSIT | {Step.DECLARED, Step.AT_EXIT}
_ARRIVAL_LIVE: Final = _TRANSIT | {Step.LANDED, Step.TESTED, Step.AT_FACILITY}
LIVE: Final = _DRIVER_LIVE | _ARRIVAL_LIVE
"""The states that something may follow."""
FOLLOWS: Final[Mapping[Kind, Mapping[Step, frozenset[Step]]]] = {
    Kind.DRIVER: {
        Step.CANCELLED: frozenset({Step.DECLARED}),
        Step.ADMITTED: frozenset({Step.DECLARED}),
        Step.IN_TRANSIT: _STAYS,
        Step.AT_SITE: _TRANSIT,
        Step.LODGED: _TRANSIT,
        Step.AT_EXIT: _TRANSIT,
        Step.EXITED: frozenset({Step.AT_EXIT}),
        Step.TRANSFERRED: _DRIVER_LIVE,
        Step.LAPSED: _DRIVER_LIVE,
    },
    Kind.ARRIVAL: {
        Step.TESTED: frozenset({Step.LANDED}),
        Step.IN_TRANSIT: frozenset({Step.TESTED, Step.AT_FACILITY}),
        Step.AT_FACILITY: _TRANSIT,
        Step.RELEASED: frozenset({Step.AT_FACILITY}),
        Step.TRANSFERRED: _ARRIVAL_LIVE,
        Step.LAPSED: _ARRIVAL_LIVE,
    },
}
"""Which states a step may be taken from."""
_DAY: Final = 24 * 3_600
_LONGEST: Final[Mapping[Step, int]] = {Step.LODGED: 7 * _DAY, Step.AT_FACILITY: 31 * _DAY}
DUE_WITHIN: Final[Mapping[Step, int]] = {step: _LONGEST.get(step, _DAY) for step in LIVE}
"""After which steps something is due, and within how many seconds at the latest (proposed)."""
KEEPS: Final = frozenset({Step.DECLARED, Step.IN_TRANSIT, Step.CANCELLED, Step.LAPSED})
"""Steps by which nobody takes the traveller over."""
