"""`suizheng gate log` and `erase`: what was decided, handed on, and erased when it is time."""

from pathlib import Path
from typing import Any, Final

import click

from ledger import age
from ledger.canonical import b64url_encode
from ledger.health.day_keys import spell_key
from ledger.health.scan_counts import hour_of
from ledger.verification.check import rfc3339
from wallet.commands.counts import SCAN_COUNTS, show_counts, told_count, told_counts
from wallet.commands.health_convert import invited, named
from wallet.commands.options import FILE, MOMENT, json_option
from wallet.commands.serving import opened, serving
from wallet.console import print_json, say
from wallet.gate.desk import erase_due
from wallet.gate.journal import Journal
from wallet.gate.opened import GateFolder
from wallet.home import write_file
from wallet.keyring import KeyOfAnotherPurpose
from wallet.service import Service
from wallet.surroundings import Surroundings

SCANS: Final = "/v1/health/scans"
DAY_KEYS: Final = "/v1/health/day-keys"
MOST_ROWS: Final = 500
"""Rows handed to the service at once."""
MOST_HOURS: Final = 100
"""Hours of counts handed to the service at once."""


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
@click.option("--since", type=MOMENT, help="Leave earlier hours out.")
@json_option
@click.pass_obj
def counts(outside: Surroundings, since: int | None, *, as_json: bool) -> None:
    """Say how many people this gate answered how, by hour and reason; erasing takes none away."""
    folder = GateFolder(outside)
    with folder.journal() as journal:
        told = told_counts(folder.enrolment.port, journal.counts(hour_of(since or 0)))
    if as_json:
        print_json(told)
    else:
        show_counts(told)


@log.command()
@serving
def push(outside: Surroundings, /, **given: Any) -> None:
    """Hand the rows that wait to the service, which anchors them; --account has the role GATE.

    Then the counts of each hour that has new ones, which tell of nobody. Then the day keys that the
    agency has not yet, sealed to it: with them it shows people what was logged about them, and
    destroys them when they are due. What arrived is remembered, so that a cut connection costs
    nothing but time.
    """
    folder = GateFolder(outside)
    with folder.journal() as journal, opened(outside, given) as service:
        erase_due(journal, folder.day_keys, outside.now())
        sent = _push_rows(folder, journal, service)
        hours = _push_counts(outside, folder, journal, service)
        days = _hand_over(outside, folder, journal, service)
    if given["as_json"]:
        print_json({"pushed": sent, "countedHours": hours, "dayKeys": days})
    else:
        told = f"{sent} scans, the counts of {hours} hours and {len(days)} day keys"
        say(f"{told} handed to the service.")


def _push_rows(folder: GateFolder, journal: Journal, service: Service) -> int:
    sent = 0
    while waiting := journal.waiting(MOST_ROWS):
        rows = [kept.row.decode() for kept in waiting]
        service.post(SCANS, {"agency": named(folder.enrolment.agency_name), "rows": rows})
        journal.pushed(kept.digest for kept in waiting)
        sent += len(waiting)
    return sent


def _push_counts(
    outside: Surroundings, folder: GateFolder, journal: Journal, service: Service
) -> int:
    """Hand over the hours that changed, each whole, under the name of this gate's reader key."""
    enrolment, sent = folder.enrolment, 0
    key = outside.keyring.entry(enrolment.key)
    if key.public_key is None:
        raise KeyOfAnotherPurpose(key.name, key.purpose, "reader")
    gate = "0x" + key.public_key.key_id.hex()
    form = {"agency": named(enrolment.agency_name), "gate": gate, "port": enrolment.port}
    while waiting := journal.counts_waiting(MOST_HOURS):
        hours = [
            {
                "hour": rfc3339(each.hour),
                "revision": each.revision,
                "counts": [told_count(count) for count in each.counts],
            }
            for each in waiting
        ]
        service.post(SCAN_COUNTS, form | {"hours": hours})
        journal.counts_pushed(waiting)
        sent += len(waiting)
    return sent


def _hand_over(
    outside: Surroundings, folder: GateFolder, journal: Journal, service: Service
) -> list[str]:
    """Hand over each live day key once, after the rows, which must not wait for it."""
    agency, done = folder.enrolment.agency_name, journal.handed_over()
    waiting = [live.key for day, live in folder.day_keys.live().items() if day not in done]
    if not waiting:
        return []
    recipient = invited(service, agency, None).recipient
    for key in waiting:
        sealed = age.seal(spell_key(key), recipient, outside.randomness)
        service.post(DAY_KEYS, {"agency": named(agency), "sealed": b64url_encode(sealed)})
        journal.hand_over(key.day)
    return [key.day for key in waiting]


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
