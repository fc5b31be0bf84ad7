"""Jobs: order many licences with one upload, follow the work, cancel it, fetch its result."""

from collections.abc import AsyncIterator
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.http.auth import Caller
from api.http.events import changes
from api.http.idempotency import (
    KEYED,
    GivenTicket,
    KeyedRoute,
    declare_key,
    json_answer,
    keeping,
    respond,
)
from api.http.limits import count_stream
from api.http.ports import GivenJobs, GivenRepeats
from api.http.problems import (
    MediaTypeUnknown,
    RequestStalled,
    RequestTooLarge,
    TooManyEventStreams,
)
from api.http.routes.licences import signed_in
from api.http.schemas.jobs import JobAnswer, JobsAnswer
from api.http.schemas.shared import CodeInPath, JurisdictionInPath
from api.http.strict import StrictRoute
from api.http.uploads import (
    CSV,
    JSON_LINES,
    Reception,
    UploadCut,
    UploadStalled,
    media_type_of,
)
from api.services.idempotency import IdempotencyKeyMissing, KeptAnswer
from api.services.issuers import SigningKeyMissing
from api.services.jobs import (
    MOST,
    JobFinished,
    JobNotReceiving,
    JobOrder,
    JobRunning,
    JobUnknown,
    JobView,
)
from api.services.refusals import CursorMalformed
from api.services.uploads import UploadMalformed
from ledger.errors import AccreditationMissing, AgencyNotActive, AgencyUnknown
from ledger.licences.catalogue import TypeUnknown
from ledger.values import agency_id

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=KeyedRoute)
upload_router = APIRouter(prefix="/v1", tags=["jobs"], route_class=StrictRoute)
BOM: Final = b"\xef\xbb\xbf"
"""Spreadsheets of Chinese offices take CSV without it for GBK."""
_FILE: Final = {"type": "string", "format": "binary"}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "At most 1 GiB and 1,000,000 rows. Columns are claim names or Chinese "
        "labels, and `external_id`, which makes a second upload of the row harmless. CSV in UTF-8, "
        "with or without BOM, or GB18030.",
        "content": {CSV: {"schema": _FILE}, JSON_LINES: {"schema": _FILE}},
    }
}
JobInPath = Annotated[
    str, Path(alias="job", pattern="^0x[0-9a-f]{32}$", description="The job's id.")
]


def _id(job: JobInPath) -> bytes:
    return bytes.fromhex(job[2:])


JobId = Annotated[bytes, Depends(_id)]


@upload_router.post(
    "/agencies/{jurisdiction}/{code}/jobs",
    status_code=202,
    response_model=JobAnswer,
    openapi_extra=_BODY,
    dependencies=[Depends(declare_key)],
    responses=signed_in(
        TypeUnknown,
        AgencyUnknown,
        AgencyNotActive,
        AccreditationMissing,
        SigningKeyMissing,
        MediaTypeUnknown,
        RequestTooLarge,
        UploadCut,
        UploadMalformed,
        UploadStalled,
        JobNotReceiving,
        IdempotencyKeyMissing,
        *KEYED,
    ),
)
async def order(  # noqa: PLR0913  # the parts of one address, and what is sent
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    type_: Annotated[str, Query(alias="type", max_length=64)],
    by: Caller,
    jobs: GivenJobs,
    repeats: GivenRepeats,
    request: Request,
    *,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,
) -> Response:
    """Order a licence for every row of an upload: 202 once all of it is stored.

    All rows are checked before the first licence is issued, and one fault refuses them all. With
    `dryRun` they are only checked; without it an `Idempotency-Key` is needed.
    """
    media_type, charset = media_type_of(request)
    wanted = JobOrder(agency_id(jurisdiction, code), type_, media_type, charset, dry_run)
    return respond(await Reception(jobs, repeats, _accepted).take(request, wanted, by))


@router.get("/agencies/{jurisdiction}/{code}/jobs", responses=signed_in(CursorMalformed))
def jobs_of_agency(
    jurisdiction: JurisdictionInPath,
    code: CodeInPath,
    by: Caller,
    jobs: GivenJobs,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> JobsAnswer:
    """List an agency's jobs, newest first."""
    return JobsAnswer.of(jobs.list(agency_id(jurisdiction, code), by, cursor, limit))


@router.get("/jobs/{job}", responses=signed_in(JobUnknown))
def one_job(job: JobId, by: Caller, jobs: GivenJobs) -> JobAnswer:
    """Show a job and how far it is."""
    return JobAnswer.of(jobs.get(job, by))


@router.post(
    "/jobs/{job}/cancellation",
    status_code=202,
    response_model=JobAnswer,
    responses=signed_in(JobUnknown, JobFinished, RequestStalled, RequestTooLarge, *KEYED),
)
def cancel(job: JobId, by: Caller, jobs: GivenJobs, ticket: GivenTicket) -> Response:
    """Ask a job to stop; what it has issued by then stays issued, and its result says which."""
    return respond(_accepted(jobs.cancel(job, by, keeping(ticket, _accepted))))


@router.get(
    "/jobs/{job}/result",
    response_class=Response,
    responses={
        200: {
            "description": "CSV in UTF-8 with BOM: row, external_id, outcome, licence_id, digest, "
            "column, rule. An outcome is issued, repeated (issued earlier) or fault; at the end "
            "unlisted (that many more faults) or stopped (rows not listed were not issued). "
            "A cell that a spreadsheet would take for a formula begins with an apostrophe.",
            "content": {CSV: {}},
        },
        **signed_in(JobUnknown, JobRunning),
    },
)
def result(job: JobId, by: Caller, jobs: GivenJobs) -> Response:
    """Give what became of every row, once the job is over."""
    content = chain((BOM,), jobs.result(job, by))
    attached = {"Content-Disposition": f'attachment; filename="job-{job.hex()}.csv"'}
    return StreamingResponse(content, headers=attached, media_type=f"{CSV}; charset=utf-8")


def _seen(job: JobId, by: Caller, jobs: GivenJobs, response: Response) -> JobView:
    """Return the job before an answer begins, so that a refusal is a problem and not an event."""
    response.headers["Cache-Control"] = "no-store"
    return jobs.get(job, by)


async def _counted(request: Request, by: Caller) -> AsyncIterator[None]:
    """Count the stream among the account's for as long as it lasts."""
    with count_stream(request, by):
        yield


@router.get(
    "/jobs/{job}/events",
    response_class=EventSourceResponse,
    dependencies=[Depends(_counted)],
    responses=signed_in(JobUnknown, TooManyEventStreams),
)
async def events(
    request: Request, first: Annotated[JobView, Depends(_seen)], by: Caller, jobs: GivenJobs
) -> AsyncIterator[ServerSentEvent]:
    """Follow a job: an event `progress` with the job for every change, until it is over.

    A server that ends closes the stream before; whoever comes back sees the job as it is.
    """

    def is_last(view: JobView) -> bool:
        return view.state.is_final or request.app.state.is_ending()

    async for view in changes(first, lambda: jobs.get(first.id, by), is_last):
        yield ServerSentEvent(event="progress", data=JobAnswer.of(view))


def _accepted(view: JobView) -> KeptAnswer:
    location: dict[str, Any] = {"location": f"/v1/jobs/0x{view.id.hex()}"}
    return json_answer(JobAnswer.of(view), 202, location)
