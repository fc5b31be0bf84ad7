"""How many people an agency's gates answered how, by port and hour 分时分口岸统计.

Nobody is in the counts, so they stay when the scan log is erased. They are for the agency alone:
small numbers are told as they are, to those who have the rows behind them while these are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.health_scans import AHEAD_SECONDS
from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.store.health_scan_counts import PortHour, ScanCountStore
from ledger.errors import Refused
from ledger.health.scan_counts import CountedHour, hour_of
from ledger.values import OPEN_END, Address, AgencyId, KeyId, Role

MOST_HOURS: Final = 168
"""Hours handed over at once, and told at once: a week."""


@dataclass(eq=False)
class ScanCountsInvalid(Refused):
    """One of the hours cannot have been counted so: which, counted from 0, and which part of it."""

    index: int
    member: str


@dataclass(frozen=True, slots=True)
class GateHours:
    """What one gate tells: `gate` is the id of its reader key, which is its own alone."""

    gate: KeyId
    port: str
    hours: Sequence[CountedHour]


class ScanCounts:
    """Keeps the counts of gates for accounts that are GATE of their agency, and sums them up."""

    def __init__(
        self, store: ScanCountStore, issuers: Issuers, roles: Roles, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._issuers = issuers
        self._roles = roles
        self._clock = clock

    def hand_over(self, agency: AgencyId, told: GateHours, by: Address) -> Mapping[int, int]:
        """Keep what a gate counted; an hour that is known takes the place of an older telling.

        Return the revision that stands for each hour, in the order given.

        Raises:
            RoleMissing: unless `by` is GATE of the agency.
            AgencyUnknown, AgencyNotActive: as the ledger has it.
            ScanCountsInvalid: for the first hour that begins between hours or in the future, comes
                twice, or has one answer twice; nothing is kept then.
        """
        self._roles.require(by, agency, Role.GATE)
        self._issuers.active(agency)
        latest, seen = self._clock() + AHEAD_SECONDS, set[int]()
        for index, each in enumerate(told.hours):
            if each.hour != hour_of(each.hour) or each.hour > latest or each.hour in seen:
                raise ScanCountsInvalid(index, "hour")
            answers = {(count.outcome, count.reason) for count in each.counts}
            if len(answers) != len(each.counts):
                raise ScanCountsInvalid(index, "counts")
            seen.add(each.hour)
        stand = self._store.keep(agency, told.gate, told.port, told.hours)
        return {each.hour: stand[each.hour] for each in told.hours}

    def page(
        self,
        agency: AgencyId,
        by: Address,
        span: tuple[int | None, int | None],
        cursor: str | None,
        limit: int,
    ) -> tuple[Sequence[PortHour], str | None]:
        """Return the sums over an agency's gates, oldest hour first, and the next cursor.

        `span`: hours that begin in it; None is the beginning and the end of time. Raises
        `RoleMissing` unless `by` acts for the agency, and `CursorMalformed`.
        """
        self._roles.require_any(by, agency)
        since, until = span
        whole = (0 if since is None else since, OPEN_END if until is None else until)
        return self._store.page(agency, whole, cursor, limit)
