"""Jobs as JSON."""

from typing import Self

from api.http.forms import Answer, HexAddress, HexDigest, Moment
from api.services.jobs import JobPage, JobState, JobView
from ledger.values import Digest


class RowFault(Answer):
    """One fault of an upload: the row as a spreadsheet counts, its column, and the rule broken.

    Without column the whole row is meant.
    """

    row: int
    column: str | None
    rule: str


class JobAnswer(Answer):
    """A job and how far it is; `faults` counts all of them, `firstFaults` lists a hundred.

    `rows` is known once all are checked; `error` names what a failed job failed by, and what
    one that rests for a moment waits for.
    """

    job: str
    agency: HexDigest
    type: str
    dry_run: bool
    state: JobState
    requested_by: HexAddress
    requested_at: Moment
    finished_at: Moment | None
    rows: int | None
    checked: int
    issued: int
    repeated: int
    faults: int
    first_faults: list[RowFault]
    error: str | None

    @classmethod
    def of(cls, view: JobView) -> Self:
        """Return the job as JSON."""
        return cls(
            job="0x" + view.id.hex(),
            agency=Digest(view.agency),
            type=view.type_id,
            dry_run=view.is_dry_run,
            state=view.state,
            requested_by=view.requested_by,
            requested_at=view.requested_at,
            finished_at=view.finished_at,
            rows=view.rows,
            checked=view.checked,
            issued=view.issued,
            repeated=view.repeated,
            faults=view.faults,
            first_faults=[
                RowFault(row=fault.row, column=fault.column, rule=fault.rule)
                for fault in view.first_faults
            ],
            error=view.error,
        )


class JobsAnswer(Answer):
    """A page of an agency's jobs, newest first; `nextCursor` null at the end."""

    jobs: list[JobAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: JobPage) -> Self:
        """Return the page as JSON."""
        return cls(jobs=[JobAnswer.of(job) for job in page.jobs], next_cursor=page.next_cursor)
