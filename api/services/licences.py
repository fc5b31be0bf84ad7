"""Licences as their agency sees them, and the proof that anybody may fetch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from api.services.progress import Proofs
from api.services.sign_ins import Roles
from api.store.licences import LicenceFilter, LicenceRow, LicenceStore
from ledger.status_list import entry, place
from ledger.values import Address, AgencyId, Digest, Stage, Status
from ledger.verification.proof_file import ProofFile

MOST: Final = 200
"""Most licences of one page."""


class Statuses(Protocol):
    """The chain's status entries, as of the projection's head."""

    def status(self, agency: AgencyId, list_: int, index: int) -> Status:
        """Return the status of one entry."""

    def words(self, agency: AgencyId, list_: int) -> Mapping[int, int]:
        """Return a list's words that were ever touched, by number."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for among an agency's licences; a field left None is not asked.

    `text` is looked for, case apart, in the identifier, the serial and an organisation's name;
    `status` is the chain's as of the projection's head; `exp` is the first second after the last
    day, sought from `expires_after` on and before `expires_before`, in Unix seconds.
    """

    agency: AgencyId
    type_id: str | None = None
    text: str | None = None
    external_id: str | None = None
    status: Status | None = None
    expires_after: int | None = None
    expires_before: int | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LicenceView:
    """A licence with its stage, its status and the licence that took its place, if one did."""

    row: LicenceRow
    stage: Stage
    status: Status
    successor: Digest | None


@dataclass(frozen=True, slots=True)
class LicencePage:
    """Licences, newest first; `next_cursor` None at the end."""

    licences: tuple[LicenceView, ...]
    next_cursor: str | None


class Licences:
    """Reads what was issued; every read by an account asks for a role of the licence's agency."""

    def __init__(
        self, store: LicenceStore, proofs: Proofs, roles: Roles, statuses: Statuses
    ) -> None:
        self._statuses = statuses
        self._store = store
        self._proofs = proofs
        self._roles = roles

    def get(self, digest: Digest, by: Address) -> LicenceView:
        """Return one licence; raise `RecordUnknown`, or `RoleMissing` for a foreign agency's."""
        row = self.own(digest, by)
        status = self._statuses.status(row.agency, row.list, row.index)
        successor = self._store.successor_of(digest)
        return LicenceView(row, self._proofs.stage(digest), status, successor)

    def own(self, digest: Digest, by: Address) -> LicenceRow:
        """Return one licence as stored; raise as `get`."""
        row = self._store.get(digest)
        self._roles.require_any(by, row.agency)
        return row

    def search(self, search: Search, by: Address) -> LicencePage:
        """Return a page of an agency's licences.

        Raises:
            RoleMissing: unless `by` has a role of the agency.
            CursorMalformed: for a cursor that no page gave.
        """
        self._roles.require_any(by, search.agency)
        wanted = LicenceFilter(
            search.agency,
            search.type_id,
            search.text,
            search.external_id,
            search.status,
            search.expires_after,
            search.expires_before,
        )
        found = self._store.search(wanted, search.cursor, min(search.limit, MOST))
        # A batch has one stage, so a page asks once for each of its batches.
        samples = {row.batch: row.digest for row in found.rows}
        stages = {batch: self._proofs.stage(digest) for batch, digest in samples.items()}
        # It reads each status list once, too.
        lists = {row.list for row in found.rows}
        words = {list_: self._statuses.words(search.agency, list_) for list_ in lists}
        successors = self._store.successors_of([row.digest for row in found.rows])
        listed = tuple(
            LicenceView(
                row,
                stages[row.batch],
                _status(words[row.list], row.index),
                successors.get(row.digest),
            )
            for row in found.rows
        )
        return LicencePage(listed, found.next_cursor)

    def proof(self, digest: Digest) -> ProofFile:
        """Return the proof of any record made here; raise `RecordUnknown` or `ProofPending`."""
        return self._proofs.proof(digest)


def _status(words: Mapping[int, int], index: int) -> Status:
    return entry(words.get(place(index)[0], 0), index)
