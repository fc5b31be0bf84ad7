"""Officers of a tender at the ledger: which tender, through whose node, and what was sent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import require_own_contracts
from ledger.chain.direct import Receipt, require_accepted, send_and_wait
from ledger.values import Address
from wallet.commands.options import (
    HASH,
    account_option,
    json_option,
    ledger_options,
    password_option,
)
from wallet.console import print_json, say, waiting
from wallet.home import read_file
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings

TENDERER: Final = "tenderer"
SUPERVISOR: Final = "supervisor"


tender_argument = click.argument("tender", type=HASH)
lot_option = click.option(
    "--lot", type=click.IntRange(0, 63), default=0, show_default=True, help="Number of the lot."
)


def acts(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of an officer who sends, and the surroundings."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.pass_obj(command)
        for option in (json_option, password_option, ledger_options, account_option(default)):
            command = option(command)
        return command

    return decorated


@contextmanager
def ledger_client(outside: Surroundings, given: Mapping[str, Any]) -> Iterator[LedgerClient]:
    """Give a client to the ledger of --deployment and --node, or the one that is trusted.

    Raises:
        TendersAbsent, NoLedgerTrusted: where there is no such ledger.
        ChainUnavailable, WrongNetwork, WrongHistory, WrongCode, ContractsDiffer: for the node.
    """
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    require_own_contracts(ledger.deployment)
    _ = ledger.deployment.tenders
    with open_ledger(ledger) as client:
        yield client


def require_taken(
    outside: Surroundings, client: LedgerClient, call: Call, given: Mapping[str, Any]
) -> None:
    """Raise what the contract would refuse --account's call with, before anything leaves here."""
    address = outside.keyring.entry(given["account"]).shown
    require_accepted(client.node, Address(address), call)


def sent(
    outside: Surroundings, client: LedgerClient, call: Call, given: Mapping[str, Any]
) -> Receipt:
    """Send a call by --account and return its receipt; raises as `send_and_wait`."""
    name = given["account"]
    account = outside.keyring.account(name, given["passwords"].of(name))
    with waiting("Waiting for the block"):
        return send_and_wait(client.node, account, call)


def tell(said: str, facts: Mapping[str, Any], receipt: Receipt, given: Mapping[str, Any]) -> None:
    """Print what was done and where it stands on the chain."""
    transaction = "0x" + receipt.transaction.hex()
    if given["as_json"]:
        print_json({**facts, "transaction": transaction, "block": receipt.block})
    else:
        say(f"{said} Block {receipt.block} (transaction {transaction}).")


def paper_digest(path: Path) -> bytes:
    """Return SHA-256 of a paper's bytes, which is what the ledger keeps of it."""
    return sha256(read_file(path)).digest()
