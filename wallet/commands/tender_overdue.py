"""`suizheng tender overdue`: what an officer owes over all tenders and has not done in time."""

from typing import Any

import click

from wallet.commands.serving import opened, serving
from wallet.console import print_json, print_table, say
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand


@click.command(cls=TenderCommand)
@serving
def overdue(outside: Surroundings, /, **given: Any) -> None:
    """List what is overdue in your agency's tenders, or in those that you supervise.

    What leaves no trace on chain counts as done once its paper was brought: suizheng tender bring
    TENDER supervision (reports and contracts filed with the supervisor), or bond-return, with
    --lot for each that it tells of; an answer to a filing with --filing.
    """
    with opened(outside, given) as service:
        told = service.get("/v1/tenders/overdue")
    if given["as_json"]:
        print_json(told)
        return
    if not told["overdue"]:
        say("Nothing is overdue.")
        return
    members = ("dueAt", "duty", "tender", "lot", "about")
    rows = (
        tuple("" if each[name] is None else str(each[name]) for name in members)
        for each in told["overdue"]
    )
    print_table(("DUE", "DUTY", "TENDER", "LOT", "ABOUT"), rows)
    if told["count"] > len(told["overdue"]):
        say(f"{told['count']} are overdue; these the longest.")
