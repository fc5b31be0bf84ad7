"""`suizheng trustee release`: the one duty of a trustee, on the chain's own clock."""

from functools import partial
from typing import Any

import click

from ledger.tenders.relayed import Release
from ledger.tenders.shares import MAX_TRUSTEES
from ledger.values import Address
from wallet.commands.bid_delivery import courier_of, release_parcel, sending_options
from wallet.commands.options import json_option, password_option
from wallet.console import print_json, say, waiting
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line
from wallet.tenders.preflight import require_releasable
from wallet.tenders.seats import SeatStore


@click.command(cls=TenderCommand)
@click.argument("tender")
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option("--index", type=click.IntRange(1, MAX_TRUSTEES), help="If you hold several places.")
@sending_options
@password_option
@json_option
@click.pass_obj
def release(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Publish your secret of one part of TENDER, from discloseEnd to fallbackEnd.

    The chain's clock is looked at first: the secret is public once it is sent, even where the
    contract refuses it. TENDER is the beginning of its id. A service relays it, or any
    funded account sends.
    """
    store, passwords = SeatStore(outside.home), given["passwords"]
    seat = store.find(tender, given["part"], given["index"]).seat
    name = store.key_name(seat)
    own = Address(outside.keyring.entry(name).shown)
    with tender_line(outside, given, seat.ledger) as line:
        require_releasable(line.reader, seat.tender, seat.part, seat.index, own)
        key = outside.keyring.account(name, passwords.of(name))
        released = Release(seat.tender, seat.part, seat.index, key.private_key)
        parcel = release_parcel(line, released, partial(store.keep_said, seat))
        with waiting("Waiting for the block"):
            delivered = courier_of(outside, line, seat.tender, given).deliver(parcel)
    if given["as_json"]:
        print_json({**seat.to_json(), **delivered.to_json()})
        return
    say(f"Your secret of part {seat.part} is out. {delivered}")
