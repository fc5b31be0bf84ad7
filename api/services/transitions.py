"""Whether one licence's status may change, refused in terms of the licence.

The ledger's errors name words and bits of a list; whoever asked about one licence knows neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from api.store.licences import LicenceRow
from ledger.errors import Refused, StatusFinal, StatusTransitionIllegal
from ledger.events import StatusChanged
from ledger.licences.lifecycle import check_transition
from ledger.licences.reasons import ANNULMENTS
from ledger.values import Digest, Status

NEVER_WAS: Final = ANNULMENTS | {350}
"""Revocations after which a successor counts as never issued; a punished one stays in its place."""


@dataclass(eq=False)
class SuccessorStands(Refused):
    """A licence comes back (205) only when the one that took its place was annulled."""

    digest: bytes
    successor: bytes | None


class Listed(Protocol):
    """A licence or pass, by its digest and its place in a status list."""

    @property
    def digest(self) -> Digest:
        """Its digest."""

    @property
    def index(self) -> int:
        """Its entry."""


def check_licence_transition(row: Listed, present: Status, status: Status, reason: int) -> None:
    """Raise as `check_transition`, the licence's digest and the statuses' names as values."""
    try:
        check_transition(row.index, present, status, reason)
    except StatusFinal as refused:
        raise refused.retell(digest=row.digest) from None
    except StatusTransitionIllegal as refused:
        ways = {"from_": present.name.lower(), "to": status.name.lower()}
        raise refused.retell(digest=row.digest, **ways) from None


def check_restored(
    row: LicenceRow, successor: Digest | None, events: Sequence[StatusChanged]
) -> None:
    """Raise `SuccessorStands` unless `events`, the successor's own, end with its annulment."""
    if successor is None or not events or events[-1].reason not in NEVER_WAS:
        raise SuccessorStands(row.digest, successor)
