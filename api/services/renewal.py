"""Renewal, change and replacement: a successor names the licence whose place it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from api.services.transitions import check_licence_transition
from api.store.licences import LicenceRow, LicenceStore
from ledger.errors import Refused
from ledger.licences.catalogue import LicenceType
from ledger.licences.issuance import Predecessor
from ledger.licences.sd_jwt import parse
from ledger.values import AgencyId, Digest, Status


@dataclass(eq=False)
class PredecessorMismatch(Refused):
    """The licence to be replaced is of another agency, type or holder."""

    differs: str


@dataclass(eq=False)
class PredecessorReplaced(Refused):
    """The licence to be replaced has a successor already."""

    digest: bytes
    successor: bytes


class Entries(Protocol):
    """Whoever knows the status lists."""

    def status(self, agency: AgencyId, list_: int, index: int) -> Status:
        """Return an entry's status as the ledger has it."""


class Renewals:
    """Checks that a licence may be replaced, and by whom.

    A chain of successors cannot close a loop: a document would have to name the hash of one that
    names it. It cannot fork either, since each licence has one successor at most.
    """

    def __init__(self, licences: LicenceStore, entries: Entries) -> None:
        self._licences = licences
        self._entries = entries

    def check(
        self,
        predecessor: Predecessor,
        agency: AgencyId,
        type_: LicenceType,
        fields: Mapping[str, Any],
    ) -> LicenceRow:
        """Return the licence to be replaced; its serial stays, its version goes up.

        Raises:
            RecordUnknown: when it was not issued here.
            PredecessorMismatch: for another agency, type or holder.
            PredecessorReplaced: when it has a successor.
            ReasonNotForType, ReasonOutsideClass: for the reason.
            StatusFinal, StatusTransitionIllegal: when its status may not become superseded.
        """
        former = self._licences.get(Digest(predecessor.digest))
        self._check_same(former, agency, type_, fields)
        successor = self._licences.successor_of(former.digest)
        if successor is not None:
            raise PredecessorReplaced(former.digest, successor)
        type_.check_reason(predecessor.reason)
        present = self._entries.status(former.agency, former.list, former.index)
        check_licence_transition(former, present, Status.SUPERSEDED, predecessor.reason)
        return former

    @staticmethod
    def _check_same(
        former: LicenceRow, agency: AgencyId, type_: LicenceType, fields: Mapping[str, Any]
    ) -> None:
        if former.agency != agency:
            raise PredecessorMismatch("agency")
        if former.type_id != type_.id:
            raise PredecessorMismatch("type")
        if parse(former.document).claims.get("holder_code") != fields.get("holder_code"):
            raise PredecessorMismatch("holder")
