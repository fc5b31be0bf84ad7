"""`suizheng gate log`, `erase` and `appeal`: what was decided, handed on, erased and explained."""

from pathlib import Path
from typing import Any, Final

import click

from ledger.health.gate.messages import sentences_of, words_of
from ledger.health.scans import ScanRow, read_row
from ledger.verification.check import rfc3339
from wallet.code_sources import codes_of
from wallet.commands.options import FILE, json_option
from wallet.commands.serving import opened, serving
from wallet.console import print_json, say
from wallet.gate.appeals import NoCodeForAppeal, Recomputed, recompute
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


@click.group()
def appeal() -> None:
    """Appeals: why somebody was refused, from the versions that the verdict cites."""


@appeal.command()
@click.argument("number")
@click.option("--code", type=click.Path(), metavar="FILE", help="The code shown then.")
@json_option
@click.pass_context
def explain(ctx: click.Context, number: str, code: str | None, *, as_json: bool) -> None:
    """Say why the scan NUMBER was decided as it was; with the code, decide once more.

    The code is judged at that minute by the bundle that the row cites. What only the moment showed
    (screen, replay, uses, document) stands in the row and is not judged again. Exit code 1 when the
    cited versions now give other reasons.
    """
    outside: Surroundings = ctx.obj
    folder = GateFolder(outside)
    with folder.journal() as journal:
        kept = journal.find(number)
    row = read_row(kept.row)
    again = None
    if code is not None:
        text = next(iter(codes_of(code)), None)
        if text is None:
            raise NoCodeForAppeal(code)
        bundle = folder.bundles.held(kept.sequence, outside.now())
        keys = [live.key for live in folder.day_keys.live().values()]
        again = recompute(row, text, bundle.evidence, folder.enrolment, keys, number)
    if as_json:
        print_json(_told(number, row, again))
    else:
        _tell(number, row, again, outside.language)
    ctx.exit(0 if again is None or again.agrees else 1)


def _told(number: str, row: ScanRow, again: Recomputed | None) -> dict[str, Any]:
    person = None if again is None else again.person
    return {
        "scan": number,
        "checkpoint": row.checkpoint,
        "lane": row.lane,
        "minute": rfc3339(row.minute),
        "outcome": row.outcome.value,
        "reasons": [reason.value for reason in row.reasons],
        "citations": dict(row.citations),
        "override": None
        if row.override is None
        else {"by": row.override.by, "outcome": row.override.outcome, "why": row.override.why},
        "recomputed": None
        if again is None or person is None
        else {
            "outcome": person.outcome.value,
            "reasons": [finding.reason.value for finding in person.findings],
            "agrees": again.agrees,
            "citesTheSame": again.cites_the_same,
        },
    }


def _tell(number: str, row: ScanRow, again: Recomputed | None, language: str) -> None:
    word = words_of(row.outcome, (language,))[language]
    say(f"Scan {number}: {row.outcome.value} {word}", style="bold")
    say(f"{rfc3339(row.minute)}, lane {row.lane} of {row.checkpoint}")
    say("Reasons: " + (", ".join(row.reasons) or "none"))
    say(f"Decided by bundle {row.citations.get('bundle')}")
    if row.override is not None:
        say(f"{row.override.by} decided {row.override.outcome.value}: {row.override.why}")
    if again is None:
        say("With the code shown then (--code FILE) it is decided once more.")
        return
    for finding in again.person.findings:
        said = sentences_of(finding, (language,))[language]
        say(f"  {said} [{finding.reason}: {finding.detail}]")
    say(
        "The cited versions give the same reasons."
        if again.agrees
        else f"The cited versions give {again.person.outcome.value}: this decision is to be mended."
    )
