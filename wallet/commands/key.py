"""`suizheng key`: make, list and show keys; hand their public part on."""

from pathlib import Path

import click
import orjson

from ledger.chain.rpc import Node
from ledger.chain.wire import quantity
from ledger.errors import Refused
from ledger.values import Address
from wallet.commands.options import (
    ADDRESS,
    DEFAULT_NODE,
    FILE,
    FOLDER,
    json_option,
    password_option,
)
from wallet.console import print_json, print_table, say, waiting
from wallet.embedded import CHAIN_ID, fund
from wallet.home import read_file, write_file
from wallet.keyring import KeyEntry, KeyOfAnotherPurpose, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings

_WEI = 10**18


class NotTheEmbeddedChain(Refused):
    """Only the embedded chain gives money away. Ask this chain's operator to fund the account."""


@click.group()
def key() -> None:
    """Keys: accounts, an agency's document keys, a holder's keys."""


@key.command()
@click.argument("kind", type=click.Choice([purpose.value for purpose in Purpose]))
@click.argument("name")
@password_option
@json_option
@click.pass_obj
def new(
    outside: Surroundings, kind: str, name: str, passwords: Passwords, *, as_json: bool
) -> None:
    """Make a key of KIND (account, document, holder or reader) and keep it locked under NAME."""
    password = passwords.new(name)
    with waiting("Locking the key"):
        made = outside.keyring.new(name, Purpose(kind), password, outside.randomness)
    _show(made, as_json=as_json)


@key.command(name="list")
@json_option
@click.pass_obj
def list_keys(outside: Surroundings, *, as_json: bool) -> None:
    """List the keys of this wallet; needs no password."""
    entries = outside.keyring.list()
    if as_json:
        print_json([entry.to_json() for entry in entries])
    elif entries:
        print_table(
            ("NAME", "KIND", "ADDRESS OR KID"),
            ((entry.name, entry.purpose.value, entry.shown) for entry in entries),
        )
    else:
        say("No keys yet. Make one: suizheng key new account NAME")


@key.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(outside: Surroundings, name: str, *, as_json: bool) -> None:
    """Show the public part of a key."""
    _show(outside.keyring.entry(name), as_json=as_json)


@key.command()
@click.argument("name")
@click.option("--out", type=FILE, help="File to write; else standard output.")
@click.pass_obj
def export_public(outside: Surroundings, name: str, out: Path | None) -> None:
    """Write the public JWK of a document or holder key."""
    entry = outside.keyring.entry(name)
    if entry.public_key is None:
        raise KeyOfAnotherPurpose(name, entry.purpose, "document or holder")
    text = orjson.dumps(entry.public_key.jwk(), option=orjson.OPT_INDENT_2) + b"\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        write_file(out, text)


@key.command()
@click.argument("name")
@click.argument("folder", type=FOLDER)
@click.pass_obj
def hand_over(outside: Surroundings, name: str, folder: Path) -> None:
    """Copy a document key, locked as it is, into the FOLDER where a service finds its keys.

    The file is named by the key id. The service needs the same password.
    """
    entry = outside.keyring.entry(name)
    if entry.purpose is not Purpose.DOCUMENT or entry.public_key is None:
        raise KeyOfAnotherPurpose(name, entry.purpose, "document")
    target = folder / f"{entry.public_key.kid}.json"
    write_file(target, read_file(outside.keyring.path(name)))
    say(f"{target} is in place; the service finds it when it next signs.")


@key.command(name="fund")
@click.argument("account")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    default=(DEFAULT_NODE,),
    show_default=True,
    envvar="SUIZHENG_NODE",
    metavar="URL",
)
@click.pass_obj
def fund_account(outside: Surroundings, account: str, nodes: tuple[str, ...]) -> None:
    """Give ACCOUNT, a key's name or an address, test money on the embedded chain."""
    address = address_of(outside, account)
    client = Node(list(nodes))
    try:
        if client.chain_id != CHAIN_ID:
            raise NotTheEmbeddedChain
        fund(client, address)
        balance = quantity(client.call("eth_getBalance", address, "latest"))
    finally:
        client.close()
    say(f"{address} has {balance // _WEI:,} test ether.")


def address_of(outside: Surroundings, account: str) -> Address:
    """Return an address given as such or as the name of an account key."""
    if account.startswith("0x"):
        return ADDRESS.convert(account, None, None)
    entry = outside.keyring.entry(account)
    if entry.address is None:
        raise KeyOfAnotherPurpose(account, entry.purpose, "account")
    return entry.address


def _show(entry: KeyEntry, *, as_json: bool) -> None:
    if as_json:
        print_json(entry.to_json())
        return
    say(f"{entry.name} ({entry.purpose.value})", style="bold")
    say(entry.shown)
