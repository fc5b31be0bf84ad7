"""`suizheng trustee cosign`: a trustee's word that disclosure shall end later after an outage."""

from typing import Any

import click

from ledger.tenders.extensions import extend
from ledger.tenders.shares import MAX_TRUSTEES
from wallet.commands.options import FILE, MOMENT, json_option, password_option
from wallet.console import print_json, say
from wallet.home import write_file
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.seats import SeatStore


@click.command(cls=TenderCommand)
@click.argument("tender")
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option("--index", type=click.IntRange(1, MAX_TRUSTEES), help="If you hold several places.")
@click.option("--disclose-end", type=MOMENT, required=True, help="When disclosure shall end.")
@click.option("--out", type=FILE, required=True, help="Signature to hand to the supervisor.")
@password_option
@json_option
@click.pass_obj
def cosign(outside: Surroundings, /, tender: str, disclose_end: int, **given: Any) -> None:
    """Sign that bids of TENDER may be disclosed until --disclose-end, since there was an outage.

    Works off line. It takes effect once the supervisor sends it: suizheng tender extend. The
    contract takes it before the present end and before any secret is out; it shortens nothing.
    TENDER is the beginning of its id.
    """
    store, out = SeatStore(outside.home), given["out"]
    seat = store.find(tender, given["part"], given["index"]).seat
    name = store.key_name(seat)
    key = outside.keyring.account(name, given["passwords"].of(name))
    write_file(out, extend(seat, disclose_end, key.private_key).to_bytes())
    if given["as_json"]:
        print_json({**seat.to_json(), "discloseEnd": disclose_end, "file": str(out)})
        return
    say(f"Signed. The supervisor sends {out}: suizheng tender extend.")
