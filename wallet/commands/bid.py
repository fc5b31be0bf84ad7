"""`suizheng bid`: seal a bid off line, see what is kept, hand a backup on, open it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ledger import age
from ledger.keys import Signer
from ledger.tenders.signed_bids import SignedBid, backup
from wallet.commands.bid_opening import open_, open_confidential_files
from wallet.commands.options import FILE, FOLDER, json_option, password_option
from wallet.console import print_json, print_table, say, waiting, when
from wallet.home import write_file
from wallet.keyring import KeyNameUnknown, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore, StoreKey
from wallet.tenders.exits import TenderCommands
from wallet.tenders.folders import read_bid, read_documents
from wallet.tenders.sealing import Sealer

_VALID_SECONDS = 30 * 86_400
"""How long a relayer may take with a message, unless --valid-until says otherwise."""


@click.group(cls=TenderCommands)
def bid() -> None:
    """Bids: seal them off line, keep them, back up what discloses them, open them.

    Exit codes: 0 done, 1 refused for good, 2 nobody could say, 3 not now, 4 bad input and nothing
    was sent, 64 wrong use.
    """


@bid.command()
@click.argument("documents", type=FOLDER)
@click.argument("folder", type=FOLDER)
@click.option("--lot", type=click.IntRange(0, 63), default=0, show_default=True)
@click.option("--sign-with", metavar="KEY", help="Holder key of your business licence.")
@click.option("--valid-until", type=int, help="Unix seconds; 30 days from now unless given.")
@password_option
@json_option
@click.pass_obj
def seal(outside: Surroundings, /, documents: Path, folder: Path, **given: Any) -> None:
    """Seal the bid in FOLDER for the tender whose DOCUMENTS you have; needs no network.

    DOCUMENTS holds documents.json and the files that it names. FOLDER holds bid.json: identity
    (jurisdiction, code, name), validityDays, and parts, each with price (amount, currency, tax) or
    null, durationDays, quality, and bond and presentations where there are any; and for part N the
    files below part-N/public, which all may read after opening, and part-N/confidential, which only
    those may who evaluate.

    The first bid makes a one-time key that nobody can link to you; a second one replaces the first.
    """
    known = read_documents(documents)
    described = read_bid(folder)
    known.documents.require_lot(given["lot"])
    kept = BidStore(outside.home).place(known.documents.tender, given["lot"])
    password = _password(outside, kept, given["passwords"])
    now = outside.now()
    with waiting("Sealing"):
        sealer = Sealer(
            known=known,
            kept=kept,
            account=outside.keyring.account(kept.key_name, password),
            signer=_signer(outside, given["sign_with"], given["passwords"]),
            created=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            valid_until=given["valid_until"] or now + _VALID_SECONDS,
            randomness=outside.randomness,
        )
        signed = sealer.seal(described)
    if given["as_json"]:
        print_json(_shown(kept, signed))
        return
    message = signed.message
    say(f"Version {message.version} for lot {message.lot} is sealed by {message.bidder}.")
    say(f"Its digest is 0x{signed.digest.hex()}; the files are in {kept.folder(message.version)}.")
    say("Now hand a backup to a second device or a notary: suizheng bid export-backup.")


@bid.command()
@json_option
@click.pass_obj
def status(outside: Surroundings, *, as_json: bool) -> None:
    """List the bids that are kept here; needs no password and no network."""
    found = [_status(place) for place in BidStore(outside.home).places()]
    if as_json:
        print_json(found)
    elif found:
        print_table(
            ("TENDER", "LOT", "VERSION", "BIDDER", "GOOD UNTIL"),
            (
                (
                    each["tender"],
                    each["lot"],
                    each["version"] or "never finished",
                    each.get("bidder", ""),
                    when(each.get("validUntil")),
                )
                for each in found
            ),
        )
    else:
        say("No bids yet. Seal one: suizheng bid seal")


@bid.command()
@click.argument("tender")
@click.option("--lot", type=click.IntRange(0, 63), default=0, show_default=True)
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
    content = backup(signed, [each.s_b for each in secrets])
    write_file(given["out"], age.seal(content, given["recipient"], outside.randomness))
    say(f"Version {signed.message.version} can be disclosed by whoever opens {given['out']}.")


for _command in (open_, open_confidential_files):
    bid.add_command(_command)


def _password(outside: Surroundings, kept: BidPlace, passwords: Passwords) -> str:
    """Return the password of the one-time key, which is made the first time."""
    try:
        outside.keyring.entry(kept.key_name)
    except KeyNameUnknown:
        password = passwords.new(kept.key_name)
        outside.keyring.new(kept.key_name, Purpose.ACCOUNT, password, outside.randomness)
        return password
    return passwords.of(kept.key_name)


def _signer(outside: Surroundings, name: str | None, passwords: Passwords) -> Signer | None:
    return None if name is None else outside.keyring.signer(name, passwords.of(name))


def _status(place: BidPlace) -> dict[str, Any]:
    signed = [bid for version in place.versions() if (bid := place.signed(version)) is not None]
    if not signed:
        return {"tender": "0x" + place.tender.hex(), "lot": place.lot, "version": None}
    return _shown(place, signed[-1])


def _shown(place: BidPlace, signed: SignedBid) -> dict[str, Any]:
    message = signed.message
    return {
        "tender": "0x" + message.tender.hex(),
        "lot": message.lot,
        "version": message.version,
        "bidder": message.bidder,
        "digest": "0x" + signed.digest.hex(),
        "docs": "0x" + message.docs.hex(),
        "validUntil": message.valid_until,
        "files": [
            {
                "path": str(place.part_file(message.version, number)),
                "sha256": "0x" + part.file.hex(),
                "size": part.size,
            }
            for number, part in enumerate(message.parts, 1)
        ],
    }
