"""`suizheng up`: everything on this machine, at one URL."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

import click

from wallet.accounts import ACCOUNTS
from wallet.commands.options import DEFAULT_NODE, DEFAULT_SERVICE, FOLDER
from wallet.console import note, say
from wallet.household import Household
from wallet.layout import Ports, Urls
from wallet.surroundings import Surroundings

_PORT: Final = click.IntRange(1, 65_535)
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
_NEXT: Final = """\
Ready: {url}

State is kept in {home}; Ctrl-C ends all, the same command brings it back.
Logs are in {home}/log. The accounts {accounts} are in {home}/wallet.

In another terminal:
  export SUIZHENG_HOME={home}/wallet SUIZHENG_PASSWORD_FILE={home}/password{moved}
  suizheng agency --help     admit a jurisdiction and an agency, announce its key
  suizheng licence --help    issue, present and change licences
  suizheng verify FILE       verify one, from the chain alone
"""


@click.command()
@click.option("--home", type=FOLDER, default="var", show_default=True, help="Folder of all state.")
@click.option("--port", type=_PORT, default=8080, show_default=True, help="The service's port.")
@click.option("--chain-port", type=_PORT, default=8545, show_default=True, help="The node's port.")
@click.pass_obj
def up(outside: Surroundings, home: Path, port: int, chain_port: int) -> None:
    """Start chain, contracts, service and worker; keep their state; end with Ctrl-C."""
    household = Household(
        home, Ports(port, chain_port), outside.clocks, outside.randomness, os.environ, note
    )
    for number in _ENDING:
        signal.signal(number, _interrupt)
    with suppress(KeyboardInterrupt):
        try:
            household.start()
            urls, names = household.urls, ", ".join(ACCOUNTS)
            elsewhere = moved(urls)
            say(_NEXT.format(url=urls.service, home=home, accounts=names, moved=elsewhere))
            threading.Event().wait()
        finally:
            for number in _ENDING:
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not cut the last copy
            note("Ending")
            household.stop()


def moved(urls: Urls) -> str:
    """Return the exports that tell the other commands of addresses that are not the usual ones."""
    named = {
        "SUIZHENG_SERVICE": (urls.service, DEFAULT_SERVICE),
        "SUIZHENG_NODE": (urls.node, DEFAULT_NODE),
    }
    shown = (f" {name}={url}" for name, (url, usual) in named.items() if url != usual)
    return "".join(shown)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
