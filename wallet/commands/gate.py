"""`suizheng gate`: a checkpoint's lane, from enrolment to the appeal; scans need no network."""

from pathlib import Path
from typing import Any

import click

from ledger.health import presentations, readers
from ledger.health.day_keys import day_of
from wallet.commands.gate_appeal import appeal
from wallet.commands.gate_log import erase, log
from wallet.commands.gate_scan import override_scan, scan
from wallet.commands.gate_update import status, update
from wallet.commands.options import AGENCY, FILE, AgencyName, json_option, password_option
from wallet.console import note, print_json, say, when
from wallet.drawing import SCREEN, draw
from wallet.gate.enrolment import Enrolment, EnrolmentFile, ReaderRequest
from wallet.gate.opened import GateFolder
from wallet.home import read_file, write_file
from wallet.keyring import KeyOfAnotherPurpose, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings

_DAY = 86_400


@click.group()
def gate() -> None:
    """One lane of a checkpoint: enrol it, keep it up to date, scan off line, answer appeals."""


@gate.command()
@click.argument("agency", type=AGENCY)
@click.option("--checkpoint", required=True, help="Its name, as travellers know it.")
@click.option("--port", required=True, help="The port as agreements name it, for quotas.")
@click.option("--lane", required=True, help="The lane's name.")
@click.option("--purpose", type=click.IntRange(0, 31), default=0, show_default=True)
@click.option("--automatic", is_flag=True, help="Nobody stands at this lane.")
@click.option("--time-zone", default="Asia/Macau", show_default=True, help="Where days begin.")
@click.option("--key", default="reader", show_default=True, help="Name of the reader key made.")
@click.option("--out", type=FILE, default="reader-request.json", show_default=True)
@password_option
@click.pass_obj
def enrol(outside: Surroundings, /, agency: AgencyName, **given: Any) -> None:
    """Make this wallet the gate of a lane of AGENCY, with a reader key of its own.

    The request that is written goes to the agency, which certifies it: suizheng gate certify.
    """
    files = EnrolmentFile(outside.home)
    files.check_free()
    day_of(outside.now(), given["time_zone"])  # refuses a zone that is none
    enrolment = Enrolment(
        jurisdiction=agency.jurisdiction,
        agency=agency.code,
        checkpoint=given["checkpoint"],
        port=given["port"],
        lane=given["lane"],
        purpose=given["purpose"],
        zone=given["time_zone"],
        is_automatic=given["automatic"],
        key=given["key"],
    )
    password = given["passwords"].new(enrolment.key)
    made = outside.keyring.new(enrolment.key, Purpose.READER, password, outside.randomness)
    files.save(enrolment)
    if made.public_key is not None:
        request = ReaderRequest(
            enrolment.jurisdiction,
            enrolment.agency,
            enrolment.checkpoint,
            enrolment.lane,
            1 << enrolment.purpose,
            made.public_key,
        )
        write_file(given["out"], request.to_json())
    say(f"This is lane {enrolment.lane} of {enrolment.checkpoint}. To be certified: {given['out']}")


@gate.command()
@click.argument("request", type=FILE)
@click.option("--key", required=True, help="The agency's document key with the usage readers.")
@click.option("--days", type=click.IntRange(1, 7), default=7, show_default=True)
@click.option("--out", type=FILE, default="reader.cert", show_default=True)
@password_option
@click.pass_obj
def certify(
    outside: Surroundings, request: Path, key: str, days: int, out: Path, passwords: Passwords
) -> None:
    """Vouch for a gate with the agency's KEY: sign its REQUEST, for seven days at most."""
    entry = outside.keyring.entry(key)
    if entry.purpose is not Purpose.DOCUMENT:
        raise KeyOfAnotherPurpose(key, entry.purpose, "document")
    asked = ReaderRequest.from_json(read_file(request))
    now = outside.now()
    reader = asked.vouched(now, now + days * _DAY)
    signer = outside.keyring.signer(key, passwords.of(key))
    write_file(out, readers.sign(reader, signer))
    say(f"{out} vouches for {asked.checkpoint}, lane {asked.lane}, to {when(reader.expires_at)}.")


@gate.command()
@click.argument("certificate", type=FILE)
@click.pass_obj
def install(outside: Surroundings, certificate: Path) -> None:
    """Keep the CERTIFICATE that the agency made out to this gate."""
    files = EnrolmentFile(outside.home)
    key = outside.keyring.entry(files.load().key).public_key
    if key is not None:
        reader = files.install(read_file(certificate), key)
        say(f"This gate may ask for passes to {when(reader.expires_at)}.")


@gate.command()
@click.option("--out", type=FILE, help="Picture to write (.png or .svg).")
@password_option
@json_option
@click.pass_obj
def challenge(
    outside: Surroundings, out: Path | None, passwords: Passwords, *, as_json: bool
) -> None:
    """Show a new challenge: this gate proves itself, and takes answers for one minute."""
    folder = GateFolder(outside)
    now, enrolment = outside.now(), folder.enrolment
    certificate = EnrolmentFile(outside.home).certificate(now)
    signer = outside.keyring.signer(enrolment.key, passwords.of(enrolment.key))
    random = outside.randomness(presentations.RANDOM_BYTES)
    text = presentations.challenge(certificate, now, random, enrolment.purpose, signer)
    with folder.journal() as journal:
        journal.challenge(presentations.read_challenge(text).answer, now)
    if out is not None:
        draw(text, out, SCREEN)
        note(f"Written to {out}.")
    if as_json:
        print_json({"text": text, "at": now})
    elif out is None:
        click.echo(text)


for _command in (scan, override_scan, update, status, log, erase, appeal):
    gate.add_command(_command)
