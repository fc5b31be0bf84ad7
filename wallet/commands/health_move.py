"""`suizheng health move`: to a new device 换机, which asks; the old one orders, without network."""

import hashlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ledger.canonical import b64url_encode
from ledger.health import moves
from ledger.health.applications import ANSWER_KEY_BYTES
from ledger.health.moves import MAX_KEYS, MoveOrder, MoveRequest
from wallet.commands.health_convert import conversions_of, invited, keep_passes, new_keys
from wallet.commands.options import (
    AGENCY,
    FILE,
    AgencyName,
    json_option,
    password_option,
    service_option,
)
from wallet.console import note, print_json, say
from wallet.health.moves import MoveOfAnother, MoveToAnother, OrderFile, RequestFile
from wallet.home import write_file
from wallet.service import Service
from wallet.surroundings import Surroundings

MOVES = "/v1/health/passes/moves"


@click.group()
def move() -> None:
    """Move passes to a new device: request there, order here, finish there within 15 minutes."""


@move.command()
@click.argument("agency", type=AGENCY)
@click.option("--key", default="me", show_default=True, help="Holder key of this device.")
@click.option("--count", type=click.IntRange(1, MAX_KEYS), default=8, show_default=True)
@click.option("--out", type=FILE, default="move-request.json", show_default=True)
@service_option
@password_option
@click.pass_obj
def request(outside: Surroundings, /, agency: AgencyName, **given: Any) -> None:
    """On the new device: ask for the passes that AGENCY issued to the old one."""
    name = given["key"]
    signer = outside.keyring.signer(name, given["passwords"].of(name))
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        invitation = invited(service, str(agency), None)
    content = MoveRequest(
        asked_at=outside.now(),
        holder=signer.public_key,
        nonce=invitation.nonce,
        keys=tuple(new_keys(outside, name, signer, given["count"])),
        answer_key=outside.randomness(ANSWER_KEY_BYTES),
    )
    asked = RequestFile(str(agency), moves.sign_request(content, signer))
    write_file(given["out"], asked.to_json())
    say(f"{given['out']} is for the old device. Its key begins with {signer.public_key.kid[:12]}.")


@move.command()
@click.argument("name")
@click.argument("asked", metavar="REQUEST", type=FILE)
@click.option("--yes", is_flag=True, help="Order it without being asked.")
@click.option("--out", type=FILE, default="move-order.json", show_default=True)
@password_option
@click.pass_obj
def order(outside: Surroundings, /, name: str, asked: Path, **given: Any) -> None:
    """On the old device: order that the passes of the conversion NAME move as REQUEST asks.

    Compare the beginning of the key with what the new device shows. When the new device is through,
    the passes kept here are no longer good.
    """
    terms, wanted = conversions_of(outside).find(name), RequestFile.read(asked)
    if wanted.agency != terms.agency:
        raise MoveToAnother(wanted.agency, terms.agency)
    note(f"The new device's key begins with {wanted.content.holder.kid[:12]}.")
    note("It will stand for you from then on; the passes kept here will be withdrawn.")
    if not given["yes"]:
        click.confirm("Move them?", abort=True, err=True)
    signer = outside.keyring.signer(terms.holder, given["passwords"].of(terms.holder))
    content = MoveOrder(outside.now(), bytes.fromhex(terms.name), wanted.request)
    made = OrderFile(terms, moves.sign_order(content, signer))
    write_file(given["out"], made.to_json())
    say(f"{given['out']} is for the new device: suizheng health move finish {given['out']}")


@move.command()
@click.argument("ordered", metavar="ORDER", type=FILE)
@json_option
@click.pass_obj
def finish(outside: Surroundings, ordered: Path, *, as_json: bool) -> None:
    """On the new device: have the passes issued as ORDER says. It may be repeated."""
    found = OrderFile.read(ordered)
    holder = found.content.holder
    names = [each.name for each in outside.keyring.list() if each.public_key == holder]
    if not names:
        raise MoveOfAnother(holder.kid)
    form = {"order": b64url_encode(found.order)}
    key = hashlib.sha256(found.order).hexdigest()  # a repeat is the same request
    with closing(Service(found.terms.service, wait=outside.clocks.pause)) as service:
        answer = service.post(MOVES, form, key)
    kept = keep_passes(outside, answer, found.terms.service)
    conversions_of(outside).adopt(replace(found.terms, holder=names[0]))
    if as_json:
        print_json({"name": found.terms.name, "passes": kept})
    else:
        say(f"{kept} passes kept. Show one: suizheng health pass show --key {names[0]}")
