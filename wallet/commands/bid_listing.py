"""`suizheng bid list`: what lay in the mailbox becomes a bid, from submitEnd to listEnd."""

from typing import Any

import click

from ledger.tenders.relayed import SignedWithdrawal
from wallet.commands.bid_posting import list_newest
from wallet.commands.bid_sending import of_tender
from wallet.console import print_json, say, waiting
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidStore
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line


@click.command(name="list", cls=TenderCommand)
@of_tender
@click.pass_obj
def list_(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """List your bid for TENDER, or its withdrawal, that lies in the tender's mailbox.

    From submitEnd to listEnd. The newest message that was anchored before submitEnd counts; what
    was not listed by listEnd was never there. Whoever runs `suizheng bid watch` need not do it.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    with tender_line(outside, given, kept.newest().ledger) as line, waiting("Waiting for a block"):
        letter, delivered = list_newest(outside, line, kept, given)
    version, is_withdrawal = letter.message.version, isinstance(letter, SignedWithdrawal)
    if given["as_json"]:
        facts = {"version": version, "isWithdrawal": is_withdrawal}
        print_json({**facts, **delivered.to_json()})
        return
    say(f"Version {version} {'takes the bid back' if is_withdrawal else 'is listed'}. {delivered}")
