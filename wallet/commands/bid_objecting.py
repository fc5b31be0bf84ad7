"""`suizheng bid object`: an objection of a live bid, signed by its one-time key."""

from pathlib import Path
from typing import Any

import click

from ledger.chain import award_calls
from ledger.tenders import objection_messages
from ledger.tenders.events import Stage
from ledger.tenders.objection_messages import LodgeObjection
from ledger.tenders.objections import objection_id
from ledger.values import LedgerRef
from wallet.commands.bid_delivery import unlocked
from wallet.commands.bid_sealing import lot_option
from wallet.commands.options import (
    FILE,
    account_option,
    json_option,
    ledger_options,
    password_option,
)
from wallet.commands.tender_disputes import stage_option
from wallet.commands.tender_officers import paper_digest, tell
from wallet.console import waiting
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidStore
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line


@click.command(name="object", cls=TenderCommand)
@click.argument("tender")
@click.argument("paper", type=FILE)
@stage_option(Stage.DOCUMENTS, Stage.OPENING, Stage.RESULT)
@lot_option
@account_option(None)
@ledger_options
@password_option
@json_option
@click.pass_obj
def object_(outside: Surroundings, /, tender: str, paper: Path, **given: Any) -> None:
    """Object to TENDER by PAPER, as the key of your bid: on documents and result all stands still.

    The buyer answers within the policy's days. TENDER is the beginning of its id; the key signs,
    and --account sends: services relay no objections.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    key, stage, digest = (
        unlocked(outside, kept.key_name, given),
        given["stage"],
        paper_digest(paper),
    )
    with tender_line(outside, given, kept.newest().ledger) as line:
        at = line.client.deployment
        awards = LedgerRef(at.chain_id, at.tenders.awards)
        said = LodgeObjection(kept.tender, kept.lot, stage, key.address, digest)
        signature = objection_messages.sign(awards, said, key.private_key)
        place = (kept.lot, stage)
        call = award_calls.lodge_objection(at, kept.tender, place, key.address, digest, signature)
        with waiting("Waiting for the block"):
            receipt = line.send(unlocked(outside, given["account"], given), call)
    named = objection_id(kept.tender, kept.lot, stage, key.address, digest)
    facts = {"objection": "0x" + named.hex(), "stage": stage.name}
    tell(f"Objection 0x{named.hex()} is lodged.", facts, receipt, given)
