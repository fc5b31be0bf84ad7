"""`suizheng health conversions`, `refill` and `withdraw`: what a traveller may ask for later."""

from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from ledger.canonical import b64url_encode
from ledger.health import refills
from ledger.health.applications import ANSWER_KEY_BYTES
from ledger.health.refills import Refill
from wallet.commands.health_convert import conversions_of, invited, keep_passes, new_keys
from wallet.commands.options import json_option, password_option
from wallet.console import note, print_json, print_table, say
from wallet.health.conversions import withdrawal_of
from wallet.passwords import Passwords
from wallet.service import Service
from wallet.surroundings import Surroundings


@click.command()
@json_option
@click.pass_obj
def conversions(outside: Surroundings, *, as_json: bool) -> None:
    """List the conversions that came through, with the consents they rest on."""
    found = conversions_of(outside).all()
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        rows = ((t.name, t.agency, t.holder, t.ends_at, len(t.consents)) for t in found)
        print_table(("NAME", "AGENCY", "KEY", "ENDS", "CONSENTS"), rows)
    else:
        say("No conversions yet: suizheng health convert TRANSFER")


@click.command()
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 64), default=8, show_default=True)
@password_option
@json_option
@click.pass_obj
def refill(
    outside: Surroundings, name: str, count: int, passwords: Passwords, *, as_json: bool
) -> None:
    """Ask for COUNT more one-time passes on the terms of the conversion NAME."""
    terms = conversions_of(outside).find(name)
    signer = outside.keyring.signer(terms.holder, passwords.of(terms.holder))
    with closing(Service(terms.service, wait=outside.clocks.pause)) as service:
        invitation = invited(service, terms.agency, None)
        request = Refill(
            holder=bytes.fromhex(terms.name),
            asked_at=outside.now(),
            nonce=invitation.nonce,
            keys=tuple(new_keys(outside, terms.holder, signer, count)),
            answer_key=outside.randomness(ANSWER_KEY_BYTES),
        )
        form = {"request": b64url_encode(refills.sign(request, signer))}
        answer = service.post("/v1/health/passes/refills", form)
    kept = keep_passes(outside, answer, terms.service)
    if as_json:
        print_json({"passes": kept})
    else:
        say(f"{kept} passes kept.")


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Take it back without being asked.")
@password_option
@json_option
@click.pass_obj
def withdraw(outside: Surroundings, /, name: str, **given: Any) -> None:
    """Take back the consents of the conversion NAME: its passes are revoked, your data erased."""
    folder = conversions_of(outside)
    terms = folder.find(name)
    note("The passes of this conversion will be revoked, and what is known of you erased.")
    if not given["yes"]:
        click.confirm("Take the consent back?", abort=True, err=True)
    signer = outside.keyring.signer(terms.holder, given["passwords"].of(terms.holder))
    with closing(Service(terms.service, wait=outside.clocks.pause)) as service:
        for receipt in terms.consents:
            document, signature = withdrawal_of(receipt, signer, outside.now(), outside.randomness)
            form = {"document": b64url_encode(document), "signature": b64url_encode(signature)}
            service.post("/v1/health/consents/withdrawals", form)
    folder.forget(terms)
    if given["as_json"]:
        print_json({"withdrawn": len(terms.consents)})
    else:
        say(f"{len(terms.consents)} consents taken back.")
