"""`suizheng gate log` and `erase`: what was decided, handed on, and erased when it is time."""

from pathlib import Path
from typing import Any, Final

import click

from wallet.commands.options import FILE, json_option
from wallet.commands.serving import opened, serving
from wallet.console import print_json, say
from wallet.gate.desk import erase_due
from wallet.gate.opened import GateFolder
from wallet.home import write_file
from wallet.surroundings import Surroundings

SCANS: Final = "/v1/health/scans"
MOST_ROWS: Final = 500
"""Rows handed to the service at once."""


@click.group()
def log() -> None:
    """The scan log: rows under day keys, to be anchored; no code, no picture, no name."""


@log.command()
@click.option("--out", type=FILE, help="File to write; else standard output.")
@click.pass_obj
def export(outside: Surroundings, out: Path | None) -> None:
    """Write every row that is kept, one line each, as it is anchored."""
    with GateFolder(outside).journal() as journal:
        lines = b"".join(kept.row + b"\n" for kept in journal.scans())
    if out is None:
        click.echo(lines, nl=False)
    else:
        write_file(out, lines)


@log.command()
@serving
def push(outside: Surroundings, /, **given: Any) -> None:
    """Hand the rows that wait to the service, which anchors them; --account has the role GATE.

    What arrived is remembered, so that a cut connection costs nothing but time.
    """
    folder, sent = GateFolder(outside), 0
    enrolment = folder.enrolment
    with folder.journal() as journal, opened(outside, given) as service:
        while waiting := journal.waiting(MOST_ROWS):
            body = {
                "agency": {"jurisdiction": enrolment.jurisdiction, "code": enrolment.agency},
                "rows": [kept.row.decode() for kept in waiting],
            }
            service.post(SCANS, body)
            journal.pushed(kept.digest for kept in waiting)
            sent += len(waiting)
    if given["as_json"]:
        print_json({"pushed": sent})
    else:
        say(f"{sent} scans handed to the service.")


@click.command()
@json_option
@click.pass_obj
def erase(outside: Surroundings, *, as_json: bool) -> None:
    """Destroy the day keys that are due, then the rows of their days; so does every scan."""
    folder = GateFolder(outside)
    with folder.journal() as journal:
        days, rows = erase_due(journal, folder.day_keys, outside.now())
        folder.bundles.drop(journal.cited())
    if as_json:
        print_json({"days": days, "rows": rows})
    else:
        say(f"{len(days)} days erased, {rows} scans.")
