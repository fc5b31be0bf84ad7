"""`suizheng audit`: does the service's database agree with the chain?"""

import os
import subprocess
import sys
from pathlib import Path

import click

from wallet.commands.options import FOLDER
from wallet.household import Household
from wallet.layout import Ports
from wallet.surroundings import Surroundings


@click.command()
@click.option("--home", type=FOLDER, default="var", show_default=True, help="Folder of all state.")
@click.option("--chain-port", type=int, default=8545, show_default=True, help="The node's port.")
@click.option("--port", type=int, default=8080, show_default=True, help="The service's port.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")
@click.pass_obj
def audit(outside: Surroundings, home: Path, chain_port: int, port: int, *, as_json: bool) -> None:
    """Rebuild the projection from the chain and compare: exit code 0 the same, 1 different.

    `suizheng up` must be running: the chain is asked, nothing is changed.
    """
    household = Household(
        home, Ports(port, chain_port), outside.clocks, outside.randomness, os.environ
    )
    command = [sys.executable, "-m", "api.main", "audit", *(["--json"] if as_json else [])]
    done = subprocess.run(command, env=household.environment, check=False)
    click.get_current_context().exit(done.returncode)
