"""Renewal, change and replacement: a successor names the licence whose place it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from api.services.transitions import check_licence_transition
from api.store.licences import LicenceRow, LicenceStore, PredecessorReplaced
from ledger.errors import Refused
from ledger.events import StatusChanged
from ledger.licences.catalogue import LicenceType
from ledger.licences.issuance import Predecessor
from ledger.licences.sd_jwt import parse
from ledger.licences.succession import ESCAPED, Former, check_succession
from ledger.status_list import place
from ledger.values import AgencyId, Digest, Status
from ledger.verification.history import events_of


@dataclass(eq=False)
class PredecessorMismatch(Refused):
    """The licence to be replaced is of another agency, type or holder."""

    differs: str


@dataclass(eq=False)
class PredecessorSuspended(Refused):
    """The licence is suspended as a penalty or under investigation; a successor would be free."""

    digest: bytes
    reason: int


class Entries(Protocol):
    """Whoever knows the status lists."""

    def status(self, agency: AgencyId, list_: int, index: int) -> Status:
        """Return an entry's status as the ledger has it."""

    def history(self, agency: AgencyId, list_: int, word: int) -> tuple[StatusChanged, ...]:
        """Return a status word's events in chain order."""


@dataclass(frozen=True, slots=True)
class Succession:
    """Serial and version of a successor: the one stays, the other goes up."""

    serial: str
    version: int


class Renewals:
    """Checks that a licence may be replaced, and by whom.

    A chain of successors cannot close a loop: a document would have to name the hash of one that
    names it. It cannot fork either: a licence has one successor at most that is not revoked, and
    of two made at once the second clashes with the first one's 证照标识.
    """

    def __init__(self, licences: LicenceStore, entries: Entries, clock: Callable[[], int]) -> None:
        self._licences = licences
        self._entries = entries
        self._clock = clock

    def check(
        self,
        predecessor: Predecessor,
        agency: AgencyId,
        type_: LicenceType,
        fields: Mapping[str, Any],
    ) -> Succession:
        """Return serial and version of the licence that is to follow.

        Raises:
            RecordUnknown: when the predecessor was not issued here.
            PredecessorMismatch: for another agency, type or holder.
            PredecessorReplaced: when it has a successor that is not revoked.
            PredecessorSuspended: when the successor would escape a suspension.
            ReasonNotForType, ReasonOutsideClass: for the reason.
            StatusFinal, StatusTransitionIllegal: when its status may not become superseded.
            The errors of `check_succession`: for what differs.
        """
        former = self._licences.get(Digest(predecessor.digest))
        claims = parse(former.document).claims
        _check_same(former, claims, agency, type_, fields)
        type_.check_reason(predecessor.reason)
        version = self._next_version(former)
        self._check_status(former, predecessor.reason)
        old = Former(claims, former.exp)
        check_succession(predecessor.reason, old, type_, fields, self._clock())
        return Succession(former.serial, version)

    def _next_version(self, former: LicenceRow) -> int:
        """Return the number after that of the newest successor, which must be revoked."""
        digest = self._licences.successor_of(former.digest)
        if digest is None:
            return former.version + 1
        successor = self._licences.get(digest)
        if self._status(successor) is not Status.REVOKED:
            raise PredecessorReplaced(former.digest, digest)
        return successor.version + 1

    def _check_status(self, former: LicenceRow, reason: int) -> None:
        present = self._status(former)
        check_licence_transition(former, present, Status.SUPERSEDED, reason)
        if present is Status.SUSPENDED:
            own = own_events(self._entries, former)
            if own[-1].reason in ESCAPED and not 0 < own[-1].until <= self._clock():
                raise PredecessorSuspended(former.digest, own[-1].reason)

    def _status(self, row: LicenceRow) -> Status:
        return self._entries.status(row.agency, row.list, row.index)


def _check_same(
    former: LicenceRow,
    claims: Mapping[str, Any],
    agency: AgencyId,
    type_: LicenceType,
    fields: Mapping[str, Any],
) -> None:
    if former.agency != agency:
        raise PredecessorMismatch("agency")
    if former.type_id != type_.id:
        raise PredecessorMismatch("type")
    if claims.get("holder_code") != fields.get("holder_code"):
        raise PredecessorMismatch("holder")


def own_events(entries: Entries, row: LicenceRow) -> tuple[StatusChanged, ...]:
    """Return the chain's status events of one licence, in chain order."""
    found = entries.history(row.agency, row.list, place(row.index)[0])
    return events_of(found, agency=row.agency, list_number=row.list, index=row.index)
