"""What commands share that send a transaction with an account key and wait for it."""

from collections.abc import Callable
from typing import Any

import click

from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment, require_own_contracts
from ledger.chain.direct import send_and_wait
from wallet.commands.options import account_option, json_option, ledger_options, password_option
from wallet.console import print_json, say, waiting
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings


def acting(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of whoever sends a transaction."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.pass_obj(command)
        for option in (json_option, password_option, ledger_options, account_option(default)):
            command = option(command)
        return command

    return decorated


def send(outside: Surroundings, make: Callable[[Deployment], Call], given: dict[str, Any]) -> None:
    """Send the call that `make` gives and print its receipt.

    Raises:
        RoleMissing and its like: when the contract refuses, with its own values.
        ChainUnavailable, WrongNetwork, WrongHistory, WrongCode: for the node.
    """
    name = given["account"]
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    require_own_contracts(ledger.deployment)
    with open_ledger(ledger) as client:
        account = outside.keyring.account(name, given["passwords"].of(name))
        with waiting("Waiting for the block"):
            receipt = send_and_wait(client.node, account, make(client.deployment))
    if given["as_json"]:
        print_json(
            {"transaction": receipt.transaction, "block": receipt.block, "gas": receipt.gas_used}
        )
    else:
        say(f"Done in block {receipt.block} (transaction 0x{receipt.transaction.hex()}).")
