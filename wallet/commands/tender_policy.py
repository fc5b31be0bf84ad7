"""`suizheng tender policy`: what a jurisdiction demands of its tenders, shown and registered."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from ledger.chain import publication_calls
from ledger.tenders.policy.document import TenderPolicy, presets
from ledger.tenders.policy.terms import terms_of
from ledger.values import jurisdiction_id
from wallet.commands.options import json_option
from wallet.commands.tender_officers import SUPERVISOR, acts, ledger_client, sent, tell
from wallet.console import print_json, print_table, say
from wallet.surroundings import Surroundings
from wallet.tenders.drafts import chosen_policy
from wallet.tenders.exits import TenderCommands


@click.group(cls=TenderCommands)
def policy() -> None:
    """Policies of tenders: the numbers of a law, each with its article.

    POLICY is a preset's name, or a file whose name ends in .json.
    """


@policy.command(name="list")
@json_option
def list_policies(*, as_json: bool) -> None:
    """List the policies that come with the program, and their ids on chain."""
    found = [(name, chosen_policy(name)) for name in presets()]
    if as_json:
        print_json([{"name": name, "id": _id(each), "title": each.title} for name, each in found])
        return
    print_table(("POLICY", "TITLE"), ((name, each.title) for name, each in found))


@policy.command()
@click.argument("policy")
@json_option
def show(policy: str, *, as_json: bool) -> None:
    """Show the periods, windows and least numbers of a POLICY."""
    found = chosen_policy(policy)
    if as_json:
        print_json({"id": _id(found), "terms": asdict(terms_of(found))})
        return
    say(f"{found.title} ({_id(found)})")
    print_table(("WHAT", "NUMBER", "LAW"), _rows(found))


@policy.command()
@click.argument("policy")
@click.argument("jurisdiction")
@acts(SUPERVISOR)
def register(outside: Surroundings, policy: str, jurisdiction: str, **given: Any) -> None:
    """Register a POLICY for the tenders of a JURISDICTION, for good. Its supervisor."""
    found = chosen_policy(policy)
    with ledger_client(outside, given) as client:
        call = publication_calls.register_policy(
            client.deployment, jurisdiction_id(jurisdiction), terms_of(found)
        )
        receipt = sent(outside, client, call, given)
    tell(f"{found.title} is registered for {jurisdiction}.", {"policy": _id(found)}, receipt, given)


def _id(policy: TenderPolicy) -> str:
    return "0x" + terms_of(policy).id.hex()


def _rows(policy: TenderPolicy) -> Iterator[tuple[str, str, str]]:
    for name, each in policy.periods.items():
        yield name, f"{each.days} {each.unit} days", each.law
    for name, bounds in policy.windows.items():
        yield f"{name} window", f"{bounds.least} to {bounds.most} s", ""
    counts: Mapping[str, int] = policy.counts
    for name, count in counts.items():
        yield f"least {name}", str(count), ""
