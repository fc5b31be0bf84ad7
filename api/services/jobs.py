"""Jobs as their agency sees them: order, upload, look, cancel, fetch the result.

The work itself is done by the processes of `python -m api.main jobs`, see `api.services.bulk`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.job_results import HEADING
from api.services.sign_ins import Roles
from api.services.uploads import RowError, UploadMalformed
from api.store.jobs import (
    JobFinished,
    JobNotReceiving,
    JobRow,
    JobState,
    JobStore,
    JobUnknown,
    Settled,
)
from ledger.errors import Refused
from ledger.licences.catalogue import Catalogue
from ledger.values import Address, AgencyId, Role

__all__ = [
    "JobFinished",
    "JobNotReceiving",
    "JobOrder",
    "JobPage",
    "JobRunning",
    "JobState",
    "JobUnknown",
    "JobView",
    "Jobs",
]

ID_BYTES: Final = 16
MOST: Final = 200
"""Most jobs of one page."""
CHUNK_BYTES: Final = 2**20
"""Bytes of an upload that are stored together."""


@dataclass(eq=False)
class JobRunning(Refused):
    """The job is not over yet."""

    job: bytes
    state: JobState


@dataclass(frozen=True, slots=True)
class JobOrder:
    """Licences wanted of one type, as many as an upload has rows.

    `media_type` is `text/csv` or `application/x-ndjson`; `charset` None where the caller names
    none. A dry run checks every row and issues nothing.
    """

    agency: AgencyId
    type_id: str
    media_type: str
    charset: str | None
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and how far it is; times in Unix seconds.

    `rows` is known once all are checked; `first_faults` are at most a hundred of the `faults`,
    `error` names what refused the whole upload or ended the work.
    """

    id: bytes
    agency: AgencyId
    type_id: str
    is_dry_run: bool
    state: JobState
    requested_by: Address
    requested_at: int
    finished_at: int | None
    rows: int | None
    checked: int
    issued: int
    repeated: int
    faults: int
    first_faults: tuple[RowError, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, newest first; `next_cursor` None at the end."""

    jobs: tuple[JobView, ...]
    next_cursor: str | None


class Jobs:
    """Takes orders for accounts that are ISSUER of an agency; its other roles may look."""

    def __init__(  # ports, each named
        self,
        *,
        store: JobStore,
        issuers: Issuers,
        roles: Roles,
        catalogue: Catalogue,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._issuers = issuers
        self._roles = roles
        self._catalogue = catalogue
        self._clock = clock
        self._randomness = randomness

    def begin(self, order: JobOrder, by: Address) -> bytes:
        """Return the id of a new job, whose upload is to follow.

        Raises:
            RoleMissing: unless `by` is ISSUER of the agency.
            TypeUnknown: for the type.
            AgencyUnknown, AgencyNotActive, AccreditationMissing, SigningKeyMissing: as `Issuers`.
        """
        self._roles.require(by, order.agency, Role.ISSUER)
        self._issuers.for_type(order.agency, self._catalogue.get(order.type_id))
        row = JobRow(
            id=self._randomness(ID_BYTES),
            agency=order.agency,
            type_id=order.type_id,
            media_type=order.media_type,
            charset=order.charset,
            is_dry_run=order.is_dry_run,
            requested_by=by,
            requested_at=self._clock(),
        )
        self._store.add(row)
        return row.id

    def append(self, job: bytes, chunk: bytes) -> None:
        """Store the next bytes of the upload; raise `JobUnknown` or `JobNotReceiving`."""
        for start in range(0, len(chunk), CHUNK_BYTES):
            self._store.append(job, chunk[start : start + CHUNK_BYTES], self._clock())

    def submit(self, job: bytes, by: Address, keep: Keep[JobView] | None = None) -> JobView:
        """Say that the upload is whole; `keep` is written with it.

        Raises:
            JobUnknown, JobNotReceiving: when there is nothing to submit.
            RoleMissing: unless `by` is ISSUER of the agency.
            UploadMalformed: for an upload of no bytes.
        """
        found = self._store.get(job)
        self._roles.require(by, found.agency, Role.ISSUER)
        if found.state is JobState.RECEIVING and not found.chunks:
            raise UploadMalformed
        return _view(self._store.submit(job, self._clock(), _settled(keep)))

    def discard(self, job: bytes) -> None:
        """Forget a job whose upload broke off; raise `JobUnknown` or `JobNotReceiving`."""
        self._store.discard(job)

    def get(self, job: bytes, by: Address) -> JobView:
        """Return a job; raise `JobUnknown`, or `RoleMissing` without any role of its agency."""
        return _view(self._own(job, by))

    def list(self, agency: AgencyId, by: Address, cursor: str | None, limit: int) -> JobPage:
        """Return a page of an agency's jobs; raise `RoleMissing` or `CursorMalformed`."""
        self._roles.require_any(by, agency)
        page = self._store.page(agency, cursor, min(limit, MOST))
        return JobPage(tuple(map(_view, page.rows)), page.next_cursor)

    def cancel(self, job: bytes, by: Address, keep: Keep[JobView] | None = None) -> JobView:
        """Ask for the end of a job; what is issued by then stays issued.

        A job that runs ends after the batch in hand; until then its state does not change.

        Raises:
            JobUnknown, JobFinished: when there is nothing to cancel.
            RoleMissing: unless `by` is ISSUER of the agency.
        """
        self._roles.require(by, self._store.get(job).agency, Role.ISSUER)
        return _view(self._store.cancel(job, self._clock(), _settled(keep)))

    def result(self, job: bytes, by: Address) -> Iterator[bytes]:
        """Return the result as CSV in UTF-8, in pieces.

        Columns: row, external_id, outcome, licence_id, digest, column, rule. An outcome is
        `issued`, `repeated` (issued earlier) or `fault`, and at the end `unlisted` (that many more
        faults) or `stopped` (rows not listed were not issued). A cell that a spreadsheet
        would take for a formula begins with an apostrophe.

        Raises:
            JobUnknown, RoleMissing: as `get`, before the first piece.
            JobRunning: before its end.
        """
        found = self._own(job, by)
        if not found.state.is_final:
            raise JobRunning(job, found.state)
        return self._pieces(job)

    def _pieces(self, job: bytes) -> Iterator[bytes]:
        yield HEADING.encode()
        yield from self._store.result(job)

    def _own(self, job: bytes, by: Address) -> JobRow:
        found = self._store.get(job)
        self._roles.require_any(by, found.agency)
        return found


def _settled(keep: Keep[JobView] | None) -> Settled:
    return lambda row: keep(_view(row)) if keep else None


def _view(row: JobRow) -> JobView:
    return JobView(
        id=row.id,
        agency=row.agency,
        type_id=row.type_id,
        is_dry_run=row.is_dry_run,
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        rows=row.rows,
        checked=row.checked,
        issued=row.issued,
        repeated=row.repeated,
        faults=row.faults,
        first_faults=tuple(RowError(*fault) for fault in row.first_faults),
        error=row.error,
    )
