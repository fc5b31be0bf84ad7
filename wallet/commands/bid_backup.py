"""`suizheng bid disclose-backup`: by a notary or a second device, from what the bidder exported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ledger import age
from ledger.tenders.ids import TenderId
from ledger.tenders.relayed import Kind, Secret
from ledger.tenders.signed_bids import Backup, SignedBid
from wallet.commands.bid_delivery import courier_of, secret_parcel, sending_options
from wallet.commands.bid_opening import read_identity
from wallet.commands.bid_sending import part_option
from wallet.commands.options import FILE, json_option, password_option
from wallet.console import print_json, say, waiting
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.lines import tender_line
from wallet.tenders.preflight import require_disclosable


@dataclass(frozen=True, slots=True)
class _Held:
    """The one version that a backup holds, as `BidPlace` gives versions."""

    backup: Backup

    @property
    def tender(self) -> TenderId:
        """The tender."""
        return self.backup.message.tender

    @property
    def lot(self) -> int:
        """The lot."""
        return self.backup.message.lot

    def signed(self, version: int) -> SignedBid | None:
        """Return the version as far as its digest goes, None for another one."""
        if version != self.backup.message.version:
            return None
        return SignedBid(self.backup.ledger, self.backup.message, b"", b"")


@click.command(cls=TenderCommand)
@click.argument("backup", type=FILE)
@click.option("--identity", type=FILE, required=True, help="File with your AGE-SECRET-KEY-1….")
@part_option
@sending_options
@password_option
@json_option
@click.pass_obj
def disclose_backup(outside: Surroundings, /, backup: Path, identity: Path, **given: Any) -> None:
    """Publish s_b of the bid in BACKUP, from listEnd to discloseEnd, for whoever gave it to you.

    The chain's clock is looked at first, and the version: one that was replaced stays closed.
    """
    held = Backup.read(age.unseal(read_file(backup), read_identity(identity)))
    message = held.message
    with tender_line(outside, given, held.ledger) as line:
        part = given["part"] or line.reader.current_part(message.tender)
        require_disclosable(line.reader, _Held(held), message.bidder, part)
        secret = Secret(Kind.DISCLOSURE, message, part, held.secrets[part - 1])

        def keep(name: str, token: str) -> None:
            write_file(backup.with_name(f"{backup.name}.{name}.jwt"), token.encode())

        with waiting("Waiting for the block"):
            courier = courier_of(outside, line, message.tender, given)
            delivered = courier.deliver(secret_parcel(line, secret, keep))
    if given["as_json"]:
        print_json({"version": message.version, "part": part, **delivered.to_json()})
        return
    say(f"The secret of part {part} is out. {delivered}")
