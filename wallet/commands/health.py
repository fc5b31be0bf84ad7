"""`suizheng health`: the traveller's passes, and the gates that they were shown to."""

from dataclasses import asdict

import click

from wallet.commands.custody import custody
from wallet.commands.custody_office import office
from wallet.commands.health_answer import answer
from wallet.commands.health_appeal import appeal
from wallet.commands.health_convert import convert
from wallet.commands.health_holder import conversions, refill, withdraw
from wallet.commands.health_move import move
from wallet.commands.health_office import counts, issue, revocations, transfer, trust_list
from wallet.commands.health_pass import pass_group
from wallet.commands.health_scans import scans
from wallet.commands.health_status import status
from wallet.commands.options import json_option
from wallet.console import print_json, print_table, say, when
from wallet.health.answered import AnsweredGates
from wallet.surroundings import Surroundings


@click.group()
def health() -> None:
    """Health codes: a traveller's passes, and what gates are told."""


@health.command()
@click.option("--forget", is_flag=True, help="Delete the list.")
@json_option
@click.pass_obj
def gates(outside: Surroundings, *, forget: bool, as_json: bool) -> None:
    """List the gates answered in the last 28 days; the list stays in this wallet."""
    known = AnsweredGates(outside.home)
    if forget:
        known.forget()
    found = known.all(outside.now())
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        columns = ("WHEN", "AGENCY", "CHECKPOINT", "LANE", "PURPOSE")
        print_table(
            columns,
            (
                (when(g.at), f"{g.jurisdiction}/{g.agency}", g.checkpoint, g.lane, g.purpose)
                for g in found
            ),
        )
    else:
        say("No gate was answered.")


for _command in (pass_group, answer, scans, appeal, convert, conversions, refill, move, withdraw):
    health.add_command(_command)
for _command in (transfer, issue, status, trust_list, revocations, counts, custody):
    health.add_command(_command)
custody.add_command(office)
