"""What `bid seal`, `submit` and `replace` share: options, the one-time key, the sealer."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ledger.keys import Signer
from ledger.tenders.documents import Documents
from ledger.tenders.signed_bids import SignedBid
from ledger.values import Address
from wallet.commands.options import json_option, password_option
from wallet.console import waiting
from wallet.keyring import KeyNameUnknown, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore
from wallet.tenders.folders import Known, read_bid
from wallet.tenders.sealing import Sealer

VALID_SECONDS: Final = 30 * 86_400
"""How long a relayer may take with a message, unless --valid-until says otherwise."""

lot_option = click.option("--lot", type=click.IntRange(0, 63), default=0, show_default=True)
valid_option = click.option(
    "--valid-until", type=int, help="Unix seconds; 30 days from now unless given."
)
_sign_option = click.option(
    "--sign-with", metavar="KEY", help="Holder key of your business licence."
)


def sealing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what sealing needs besides the two folders."""
    for option in (json_option, password_option, valid_option, _sign_option, lot_option):
        command = option(command)
    return command


def place_of(outside: Surroundings, documents: Documents, lot: int) -> BidPlace:
    """Return where the bids for a lot are kept; raise `LotUnknown`."""
    documents.require_lot(lot)
    return BidStore(outside.home).place(documents.tender, lot)


def seal_bid(
    outside: Surroundings, known: Known, folder: Path, given: dict[str, Any]
) -> tuple[BidPlace, SignedBid]:
    """Seal the next version of the bid in a folder; raises as `read_bid` and `Sealer` do."""
    described = read_bid(folder)
    kept = place_of(outside, known.documents, given["lot"])
    password = one_time_password(outside, kept, given["passwords"])
    now = outside.now()
    with waiting("Sealing"):
        sealer = Sealer(
            known=known,
            kept=kept,
            account=outside.keyring.account(kept.key_name, password),
            signer=_signer(outside, given["sign_with"], given["passwords"]),
            created=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            valid_until=given["valid_until"] or now + VALID_SECONDS,
            randomness=outside.randomness,
        )
        return kept, sealer.seal(described)


def bidder_of(outside: Surroundings, kept: BidPlace) -> Address:
    """Return the one-time key's address, which needs no password; raise `KeyNameUnknown`."""
    return Address(outside.keyring.entry(kept.key_name).shown)


def shown(place: BidPlace, signed: SignedBid) -> dict[str, Any]:
    """Return a kept bid as commands print it."""
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


def one_time_password(outside: Surroundings, kept: BidPlace, passwords: Passwords) -> str:
    """Return the password of the one-time key, which is made the first time.

    What a power cut left of its making, the locked key without its public part, is made whole.
    """
    keyring, name = outside.keyring, kept.key_name
    try:
        keyring.entry(name)
    except KeyNameUnknown:
        is_locked_away = keyring.path(name).exists()
        password = passwords.of(name) if is_locked_away else passwords.new(name)
        if is_locked_away:
            keyring.restore(name, Purpose.ACCOUNT, password)
        else:
            keyring.new(name, Purpose.ACCOUNT, password, outside.randomness)
        return password
    return passwords.of(name)


def _signer(outside: Surroundings, name: str | None, passwords: Passwords) -> Signer | None:
    return None if name is None else outside.keyring.signer(name, passwords.of(name))
