"""The `suizheng` command: composition. Clocks and randomness are made here and given to all."""

import os
import secrets
import time
from pathlib import Path

import click

from wallet.commands.agency import agency
from wallet.commands.agreement import agreement
from wallet.commands.audit import audit
from wallet.commands.bid import bid
from wallet.commands.bond import bond
from wallet.commands.bundle import bundle
from wallet.commands.gate import gate
from wallet.commands.health import health
from wallet.commands.job import job
from wallet.commands.key import key
from wallet.commands.licence import licence
from wallet.commands.options import FOLDER
from wallet.commands.tender import tender
from wallet.commands.trust import trust
from wallet.commands.trustee import trustee
from wallet.commands.up import up
from wallet.commands.verify import verify
from wallet.embedded import Clocks
from wallet.exits import Commands
from wallet.report import language_of
from wallet.surroundings import Surroundings


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--wallet",
    "home",
    type=FOLDER,
    default="var/wallet",
    show_default=True,
    envvar="SUIZHENG_HOME",
    help="Folder of this wallet's keys, documents and trust.",
)
@click.version_option(package_name="suizheng")
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """Suizheng (穗证): an open ledger for electronic licences.

    Exit codes: 0 done or valid, 1 refused or invalid, 2 unavailable or unconfirmed, 3 a person
    decides at a gate, or not now in a sealed tender, 4 bad input in a sealed tender, 64 wrong use
    of a command. Every command has --help; --json where a machine may read it.
    """
    if ctx.obj is None:
        ctx.obj = Surroundings(
            home=home,
            clocks=Clocks(lambda: int(time.time()), time.monotonic, time.sleep),
            randomness=secrets.token_bytes,
            language=language_of(
                [os.environ.get(n, "") for n in ("LC_ALL", "LC_MESSAGES", "LANG")]
            ),
        )


_COMMANDS = (
    *(up, verify, licence, job, agency, agreement, key, trust, bundle, audit, health, gate),
    *(tender, bid, bond, trustee),
)

for _command in _COMMANDS:
    main.add_command(_command)

if __name__ == "__main__":
    main()
