"""`suizheng bid watch`: the disclosure of a bid, made in time though nobody is at the terminal."""

from typing import Any

import click

from ledger.chain.accounts import Account
from ledger.errors import LedgerError
from ledger.tenders.errors import AlreadyDone, WindowNotOpen
from wallet.commands.bid_sending import DISCLOSURE, of_tender, part_option, unlocked
from wallet.console import print_json, say, waiting
from wallet.exits import EXIT_UNCONFIRMED
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore
from wallet.tenders.exits import EXIT_NOT_NOW, TenderCommand, code_of
from wallet.tenders.lines import Line, tender_line

_LONGEST = 3_600


@click.command(cls=TenderCommand)
@of_tender
@part_option
@click.option(
    "--every",
    type=click.IntRange(1, _LONGEST),
    default=15,
    show_default=True,
    help="Seconds between two looks at the chain, at most.",
)
@click.pass_obj
def watch(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Wait for listEnd, disclose your bid for TENDER, and repeat until the chain shows it.

    Silent nodes, suspensions and transactions that get lost are waited out; it ends once the secret
    is seen on the chain, or can never get there. Name several nodes (--node) to be safe. Keys are
    unlocked at the start.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    key = unlocked(outside, kept.key_name, given)
    payer = unlocked(outside, given["account"], given)
    with waiting("Watching the chain"):
        found = None
        while found is None:
            try:
                with tender_line(outside, given, kept.newest().ledger) as line:
                    part = given["part"] or line.reader.current_part(kept.tender)
                    found = _turn(line, kept, key, payer, part)
            except LedgerError as exc:
                if code_of(exc) not in (EXIT_NOT_NOW, EXIT_UNCONFIRMED):
                    raise
                outside.clocks.pause(_pause(exc, given["every"]))
    if given["as_json"]:
        print_json({"part": part, "secret": "0x" + found.hex()})
        return
    say(f"The secret of part {part} is on the chain.")


def _turn(line: Line, kept: BidPlace, key: Account, payer: Account, part: int) -> bytes | None:
    """Send the secret unless it is out; return it where the chain shows it."""
    try:
        _, call = DISCLOSURE.of(line, kept, key, part)
    except AlreadyDone:
        return line.reader.disclosed(kept.tender, kept.lot, key.address, part)
    line.send(payer, call)
    return line.reader.disclosed(kept.tender, kept.lot, key.address, part)


def _pause(why: LedgerError, longest: int) -> int:
    """Return for how many seconds to wait: no longer than to the window, as far as that is told."""
    if isinstance(why, WindowNotOpen):
        return min(longest, max(1, why.opens_at - why.block_time))
    return longest
