"""`suizheng bid`: from the sealed bid to its opening."""

from pathlib import Path
from typing import Any

import click

from ledger import age
from ledger.tenders.signed_bids import Backup
from wallet.commands.bid_backup import disclose_backup
from wallet.commands.bid_joint import asks, consent
from wallet.commands.bid_listing import list_
from wallet.commands.bid_objecting import object_
from wallet.commands.bid_opening import open_, open_confidential_files
from wallet.commands.bid_reading import read_secrets, status
from wallet.commands.bid_sealing import lot_option, seal_bid, sealing_options, shown
from wallet.commands.bid_sending import disclose, recover, replace, submit, withdraw
from wallet.commands.bid_watching import watch
from wallet.commands.options import FILE, FOLDER, password_option
from wallet.console import print_json, say
from wallet.home import write_file
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidStore, StoreKey
from wallet.tenders.exits import TenderCommands
from wallet.tenders.folders import read_documents


@click.group(cls=TenderCommands)
def bid() -> None:
    """Bids: seal them off line, send them, back up what discloses them, disclose and open them.

    Exit codes: 0 done, 1 refused for good, 2 nobody could say, 3 not now, 4 bad input and nothing
    was sent, 64 wrong use.
    """


@bid.command()
@click.argument("documents", type=FOLDER)
@click.argument("folder", type=FOLDER)
@sealing_options
@click.pass_obj
def seal(outside: Surroundings, /, documents: Path, folder: Path, **given: Any) -> None:
    """Seal the bid in FOLDER for the tender whose DOCUMENTS you have; needs no network.

    DOCUMENTS holds documents.json and the files that it names. FOLDER holds bid.json: identity
    (jurisdiction, code, name), validityDays, and parts, each with price (amount, currency, tax) or
    null, durationDays, quality, and bond and presentations where there are any; and for part N the
    files below part-N/public, which all may read after opening, and part-N/confidential, which only
    those may who evaluate. The guarantee behind a bond (kind, amount, currency, digest) is
    part-1/public/guarantee.json. A joint bid has members besides, two at least, each with identity,
    presentations and consent, and part-1/public/joint-agreement.pdf. For what
    licences are presented: suizheng bid asks; how a member consents: suizheng bid consent.

    The first bid makes a one-time key that nobody can link to you; a second one replaces the first.
    """
    kept, signed = seal_bid(outside, read_documents(documents), folder, given)
    if given["as_json"]:
        print_json(shown(kept, signed))
        return
    message = signed.message
    say(f"Version {message.version} for lot {message.lot} is sealed by {message.bidder}.")
    say(f"Its digest is 0x{signed.digest.hex()}; the files are in {kept.folder(message.version)}.")
    say("Now hand a backup to a second device or a notary: suizheng bid export-backup.")


@bid.command()
@click.argument("tender")
@lot_option
@click.option("--to", "recipient", required=True, help="Whom it is sealed to: age1…")
@click.option("--out", type=FILE, required=True, help="File to write.")
@password_option
@click.pass_obj
def export_backup(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Write what discloses the newest bid for TENDER, sealed to someone of your choice.

    Whoever opens it can disclose your bid in time when you cannot; to read it before that it
    takes the trustees besides. TENDER is the beginning of its id.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    signed = kept.newest()
    password = given["passwords"].of(kept.key_name)
    account = outside.keyring.account(kept.key_name, password)
    secrets = kept.secrets(signed.message.version, StoreKey.of(account.private_key))
    held = Backup(signed.ledger, signed.message, tuple(each.s_b for each in secrets))
    write_file(given["out"], age.seal(held.to_bytes(), given["recipient"], outside.randomness))
    say(f"Version {signed.message.version} can be disclosed by whoever opens {given['out']}.")


for _command in (
    *(asks, consent, submit, replace, withdraw, list_, disclose, disclose_backup, watch),
    *(recover, status, read_secrets, open_, open_confidential_files, object_),
):
    bid.add_command(_command)
