"""`suizheng licence bulk`: a licence for every row of a file, as a job of the service."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from wallet.commands.job import conclude, save_result
from wallet.commands.options import AGENCY, FILE, AgencyName
from wallet.commands.serving import opened, serving
from wallet.console import note, print_json, say
from wallet.jobs import Job, follow, get_job, job_of
from wallet.progress import bars
from wallet.service import Service, ServiceRefused, new_key
from wallet.surroundings import Surroundings
from wallet.uploads import Upload, UploadBody, order_of

_MEDIA_TYPES: Final = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}
_NOT_FOUND: Final = 404


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("type_id")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Check every row and issue nothing.")
@click.option("--detach", is_flag=True, help="Do not wait for the end; suizheng job watch does.")
@click.option("--result", type=FILE, help="CSV file to write: what became of every row.")
@serving
def bulk(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    type_id: str,
    file: Path,
    *,
    dry_run: bool,
    detach: bool,
    result: Path | None,
    **given: Any,
) -> None:
    """Issue a licence of TYPE_ID for each row of FILE (.csv, .ndjson), or none if one is wrong.

    The service does it as a job. What was interrupted goes on when the same command is typed again;
    rows with an external_id are never issued twice. Exit code 1: the file was refused.
    """
    media_type = _MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        raise click.UsageError(f"{file} is neither .csv nor .ndjson.")
    if detach and result is not None:
        raise click.UsageError("--result waits for the end, and --detach does not.")
    path = f"/v1/agencies/{quote(agency.jurisdiction)}/{quote(agency.code)}/jobs"
    path += f"?type={quote(type_id)}" + ("&dryRun=true" if dry_run else "")
    with opened(outside, given) as service, bars() as shown:
        body = UploadBody(file, shown.sent)
        order = order_of(service.base_url, given["account"], path, media_type, body.digest)
        job = _ordered(outside, service, order, lambda key: _send(service, path, body, key))
        if not detach:
            shown.job(job)
            job = follow(service, job, shown.job, outside.clocks.pause)
            outside.uploads.forget(order, outside.now())
            if result is not None:
                save_result(service, job, result)
    if detach:
        _say_detached(job, as_json=given["as_json"])
    else:
        conclude(job, as_json=given["as_json"])


def _send(service: Service, path: str, body: UploadBody, key: str) -> Mapping[str, Any]:
    media_type = _MEDIA_TYPES[body.path.suffix.lower()]
    headers = {"Content-Type": media_type, "Content-Length": str(body.size)}
    return service.upload(path, body, headers, key)


def _ordered(
    outside: Surroundings,
    service: Service,
    order: str,
    send: Callable[[str], Mapping[str, Any]],
) -> Job:
    """Return the job of an order: one that was begun earlier, or a new one.

    The key is on disk before the first byte leaves, and the job as soon as it is known.
    """
    uploads, now = outside.uploads, outside.now()
    kept = uploads.find(order, now)
    if kept is not None and (job := _earlier(service, kept)) is not None:
        note(f"The file was sent before as job {job.id}; this is what becomes of it.")
        return job
    if kept is None or kept.job is not None:
        kept = Upload(new_key(), now)
    uploads.keep(order, kept)
    try:
        job = job_of(send(kept.key), service.base_url)
    except ServiceRefused:
        uploads.forget(order, now)
        raise
    uploads.keep(order, replace(kept, job=job.id))
    return job


def _earlier(service: Service, kept: Upload) -> Job | None:
    """Return the job of an earlier run, unless it came to nothing and the file is to go again."""
    if kept.job is None:
        return None
    try:
        job = get_job(service, kept.job)
    except ServiceRefused as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
    return None if job.is_over and job.failure() is not None else job


def _say_detached(job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json(job.answer)
        return
    say(job.id)
    note(f"The job is {job.state}. Watch it: suizheng job watch {job.id}")
