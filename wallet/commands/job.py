"""`suizheng job`: long work that the service does, seen, followed, ended, and its result."""

import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from ledger.errors import Refused
from wallet.commands.options import AGENCY, FILE, JOB, AgencyName
from wallet.commands.serving import opened, serving
from wallet.console import note, print_json, print_table, say
from wallet.exits import EXIT_INVALID, EXIT_OK, EXIT_UNCONFIRMED
from wallet.home import write_file
from wallet.jobs import Job, follow, get_job, job_of
from wallet.progress import bars
from wallet.service import Service
from wallet.surroundings import Surroundings

_PAGE: Final = 100
_COLUMNS: Final = ("job", "type", "state", "rows", "issued", "repeated", "faults", "requestedAt")


@click.group()
def job() -> None:
    """Jobs: long work that the service does, such as issuing the rows of a file."""


@job.command()
@click.argument("job_id", type=JOB, metavar="JOB")
@serving
def show(outside: Surroundings, job_id: str, **given: Any) -> None:
    """Show what the service knows of JOB."""
    with opened(outside, given) as service:
        found = get_job(service, job_id)
    if given["as_json"]:
        print_json(found.answer)
        return
    for name, value in found.answer.items():
        if value is not None and name != "firstFaults":
            say(f"{name:<12} {value}")
    if (failure := found.failure()) is not None:
        note(str(failure))


@job.command(name="list")
@click.option("--agency", type=AGENCY, required=True, help="JURISDICTION/CODE.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@serving
def list_jobs(outside: Surroundings, agency: AgencyName, limit: int, **given: Any) -> None:
    """List an agency's jobs, the newest first."""
    path = f"/v1/agencies/{quote(agency.jurisdiction)}/{quote(agency.code)}/jobs"
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    with opened(outside, given) as service:
        while len(found) < limit:
            page = service.get(path, cursor=cursor, limit=min(limit - len(found), _PAGE))
            found += page.get("jobs", [])
            cursor = page.get("nextCursor")
            if cursor is None:
                break
    if given["as_json"]:
        print_json(found)
        return
    print_table(
        ("JOB", "TYPE", "STATE", "ROWS", "ISSUED", "REPEATED", "FAULTS", "REQUESTED"),
        (["" if row.get(name) is None else row[name] for name in _COLUMNS] for row in found),
    )


@job.command()
@click.argument("job_id", type=JOB, metavar="JOB")
@serving
def watch(outside: Surroundings, job_id: str, **given: Any) -> None:
    """Follow JOB to its end; exit code 1 when it was refused or cancelled, 2 when it failed."""
    with opened(outside, given) as service, bars() as shown:
        found = follow(service, get_job(service, job_id), shown.job, outside.clocks.pause)
    conclude(found, as_json=given["as_json"])


@job.command()
@click.argument("job_id", type=JOB, metavar="JOB")
@serving
def cancel(outside: Surroundings, job_id: str, **given: Any) -> None:
    """Ask JOB to stop: what it has issued by then stays issued."""
    with opened(outside, given) as service:
        answer = service.post(f"/v1/jobs/{job_id}/cancellation")
        found = job_of(answer, service.base_url)
    if given["as_json"]:
        print_json(answer)
        return
    if found.is_over:
        say(f"The job is cancelled; {found.issued:,} licences were issued and stand.")
    else:
        say("The job stops after the rows that it is at.")
        note(f"Watch it: suizheng job watch {found.id}")


@job.command()
@click.argument("job_id", type=JOB, metavar="JOB")
@click.argument("file", type=FILE, required=False)
@serving
def result(outside: Surroundings, job_id: str, file: Path | None, **given: Any) -> None:
    """Write what became of every row of JOB as CSV to FILE, or to standard output."""
    with opened(outside, given) as service:
        if file is None:
            for piece in service.download(f"/v1/jobs/{job_id}/result"):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        write_file(file, service.download(f"/v1/jobs/{job_id}/result"))
    if given["as_json"]:
        print_json({"result": str(file)})
    else:
        say(str(file))


def save_result(service: Service, job: Job, file: Path) -> None:
    """Write what became of every row; raises as `Service.download` and `write_file`."""
    write_file(file, service.download(f"{job.path}/result"))


def conclude(job: Job, *, as_json: bool) -> None:
    """Say how a job ended, with the exit code that says it, too; raise what it ended by."""
    failure = job.failure()
    if as_json:
        print_json(job.answer)
        code = EXIT_INVALID if isinstance(failure, Refused) else EXIT_UNCONFIRMED
        click.get_current_context().exit(EXIT_OK if failure is None else code)
    if failure is not None:
        raise failure
    rows, repeated = job.rows or 0, job.repeated
    if job.is_dry_run:
        say(f"{rows - repeated:,} can be issued; {repeated:,} had been issued before.")
    else:
        say(f"{job.issued:,} issued; {repeated:,} had been issued before.")
