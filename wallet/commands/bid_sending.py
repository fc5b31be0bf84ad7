"""`suizheng bid submit`, `replace`, `withdraw`, `disclose`, `recover`: by a service, or direct.

Services that are named relay it; else any funded account sends. The one-time key signs messages
and pays nothing, so that nobody can link it to the bidder by where its money came from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.accounts import Account
from ledger.chain.tender_reading import BidAsStored, TenderReader
from ledger.tenders import messages
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import AlreadyDone, MessageExpired
from ledger.tenders.messages import WithdrawBid
from ledger.tenders.relayed import Kind, Secret, SignedWithdrawal
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
from ledger.values import Address
from wallet.commands.bid_delivery import (
    courier_of,
    final_time,
    forget_replaced,
    is_urgent,
    secret_parcel,
    sending_options,
    unlocked,
)
from wallet.commands.bid_posting import (
    direct_option,
    parcel_of,
    post,
    takes_mailbox,
    tell_posted,
)
from wallet.commands.bid_sealing import (
    VALID_SECONDS,
    bidder_of,
    lot_option,
    place_of,
    seal_bid,
    sealing_options,
    shown,
    valid_option,
)
from wallet.commands.options import FOLDER, json_option, password_option
from wallet.console import print_json, say, waiting
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore, StoreKey
from wallet.tenders.delivery import Delivered, Parcel
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import Known, read_documents
from wallet.tenders.lines import Line, tender_line
from wallet.tenders.mailboxes import Letter, Letterbox
from wallet.tenders.preflight import (
    require_disclosable,
    require_receiving,
    require_recoverable,
)
from wallet.tenders.published import require_published


@dataclass(frozen=True, slots=True)
class Posting:
    """A secret of one part that goes out: when it may, which call, and which of the two it is."""

    require: Callable[[TenderReader, BidPlace, Address, int], SignedBid]
    kind: Kind
    secret: Callable[[PartSecrets], bytes]

    def of(self, line: Line, kept: BidPlace, key: Account, part: int) -> tuple[SignedBid, Parcel]:
        """Return the bid and the parcel; raises as `require` does before anything is unsealed."""
        signed = self.require(line.reader, kept, key.address, part)
        version = signed.message.version
        held = kept.secrets(version, StoreKey.of(key.private_key))[part - 1]
        secret = Secret(self.kind, signed.message, part, self.secret(held))
        keep = partial(kept.keep_said, version)
        return signed, secret_parcel(line, secret, keep)


DISCLOSURE: Final = Posting(require_disclosable, Kind.DISCLOSURE, lambda each: each.s_b)
_RECOVERY: Final = Posting(require_recoverable, Kind.RECOVERY, lambda each: each.s_c)
part_option = click.option(
    "--part", type=click.IntRange(1, 2), help="The one that is being opened unless given."
)


def of_tender(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the place of a bid, and whatever sending needs."""
    command = sending_options(password_option(json_option(command)))
    return click.argument("tender")(lot_option(command))


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("folder", type=FOLDER, required=False)
@sending_options
@direct_option
@sealing_options
@click.pass_obj
def submit(outside: Surroundings, /, documents: Path, folder: Path | None, **given: Any) -> None:
    """Send the newest bid that was sealed for DOCUMENTS; with FOLDER, seal that one first.

    Before anything is sealed or sent, documents, trustees, their groups, threshold and policy are
    held against the chain. Repeat it safely: what the chain holds already is not sent again. A
    message that expired unsent is signed anew, under its version.

    Where the tender has a mailbox the bid goes there, unless --direct is given or submitEnd is less
    than ten minutes away: a hash among 64, to be listed after submitEnd (bid watch, or bid list).
    """
    known = read_documents(documents)
    with tender_line(outside, given, known.documents.ledger) as line:
        require_published(known.documents, line.reader)
        if folder is None:
            kept = place_of(outside, known.documents, given["lot"])
            _submit(outside, line, kept, kept.newest(), given)
        else:
            _seal_and_submit(outside, line, known, folder, given)


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("folder", type=FOLDER)
@sending_options
@direct_option
@sealing_options
@click.pass_obj
def replace(outside: Surroundings, /, documents: Path, folder: Path, **given: Any) -> None:
    """Seal the bid in FOLDER as the next version of one that was sent, and send it.

    The file of the earlier version is never opened.
    """
    known = read_documents(documents)
    kept = place_of(outside, known.documents, given["lot"])
    kept.newest()
    with tender_line(outside, given, known.documents.ledger) as line:
        require_published(known.documents, line.reader)
        bidder = bidder_of(outside, kept)
        is_there = line.reader.bid(kept.tender, kept.lot, bidder).version
        if not is_there and not Letterbox(kept).letters():
            raise BidMissing(bidder)
        _seal_and_submit(outside, line, known, folder, given)


@click.command(cls=TenderCommand)
@of_tender
@direct_option
@valid_option
@click.pass_obj
def withdraw(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Take the bid for TENDER back, before submitEnd; its secrets are never asked for.

    TENDER is the beginning of its id.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    with tender_line(outside, given, kept.newest().ledger) as line:
        bid = line.reader.bid(kept.tender, kept.lot, bidder_of(outside, kept))
        if bid.state is BidState.WITHDRAWN:
            raise AlreadyDone
        require_receiving(line.reader, kept.tender)
        withdrawal = _withdrawal(outside, line, kept, bid, given)
        version = withdrawal.message.version
        facts = {"version": version, "digest": "0x" + withdrawal.digest.hex()}
        told = (f"Version {version} takes the bid back.", facts)
        _bring(outside, line, kept, withdrawal, told, given)


@click.command(cls=TenderCommand)
@of_tender
@part_option
@click.pass_obj
def disclose(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Publish your secret s_b of the bid for TENDER, from listEnd to discloseEnd.

    The chain's clock is looked at first: the secret is public once it is sent, even where the
    contract refuses it. Only the version that the chain holds is disclosed.
    """
    _post(outside, tender, given, DISCLOSURE)


@click.command(cls=TenderCommand)
@of_tender
@part_option
@click.pass_obj
def recover(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Publish s_c of your disclosed bid for TENDER where the trustees failed it.

    From releaseEnd, or once the part is opened, to fallbackEnd: for trustees who kept silent, or
    shares that do not join.
    """
    _post(outside, tender, given, _RECOVERY)


def _seal_and_submit(
    outside: Surroundings, line: Line, known: Known, folder: Path, given: dict[str, Any]
) -> None:
    """Seal unless it is too late already, then send."""
    require_receiving(line.reader, known.documents.tender)
    kept, signed = seal_bid(outside, known, folder, given)
    _submit(outside, line, kept, signed, given)


def _submit(
    outside: Surroundings, line: Line, kept: BidPlace, signed: SignedBid, given: dict[str, Any]
) -> None:
    message = signed.message
    stored = line.reader.bid(kept.tender, kept.lot, message.bidder)
    if stored.digest == signed.digest:
        raise AlreadyDone
    signed = _fresh(outside, line, kept, signed, given)
    said = f"Version {message.version} for lot {message.lot} is in."
    _bring(outside, line, kept, signed, (said, shown(kept, signed)), given)


def _fresh(
    outside: Surroundings, line: Line, kept: BidPlace, signed: SignedBid, given: dict[str, Any]
) -> SignedBid:
    """Return a bid, signed again under the same version where its message has expired.

    Files and secrets stay: they are bound to the version, not to the message's end. Not in a
    mailbox, where the first message's hash lies; nor while a block that took it might come back.
    """
    at, until = line.reader.tender(kept.tender).at, signed.message.valid_until
    if at < until or Letterbox(kept).has(signed.message.version):
        return signed
    if final_time(line) < until:
        raise MessageExpired(until, at)
    key = unlocked(outside, kept.key_name, given)
    message = changed(signed.message, valid_until=given["valid_until"] or at + VALID_SECONDS)
    signature = messages.sign(signed.ledger, message, key.private_key)
    again = changed(signed, message=message, signature=signature)
    kept.keep_signed(message.version, again)
    return again


def _withdrawal(
    outside: Surroundings, line: Line, kept: BidPlace, bid: BidAsStored, given: dict[str, Any]
) -> SignedWithdrawal:
    """Return the withdrawal that waits in the mailbox, else sign one; raise `BidMissing`."""
    box = Letterbox(kept)
    letters = box.letters()
    newest = letters[0] if letters else None
    if isinstance(newest, SignedWithdrawal) and newest.message.version == kept.versions()[-1]:
        posted = box.posted(newest.message.version)
        at = (posted and posted.anchored_at) or line.reader.tender(kept.tender).at
        if at < newest.message.valid_until:
            return newest
    key = unlocked(outside, kept.key_name, given)
    if bid.state is BidState.NONE and newest is None:
        raise BidMissing(key.address)
    ledger, version = kept.newest().ledger, max(kept.next_version(), bid.version + 1)
    until = given["valid_until"] or outside.now() + VALID_SECONDS
    message = WithdrawBid(kept.tender, kept.lot, key.address, version, until)
    signature = messages.sign(ledger, message, key.private_key)
    kept.keep_withdrawal(version, message, signature)
    return SignedWithdrawal(ledger, message, signature)


def _bring(
    outside: Surroundings,
    line: Line,
    kept: BidPlace,
    letter: Letter,
    told: tuple[str, dict[str, Any]],
    given: dict[str, Any],
) -> None:
    """Bring a message to the mailbox where there is one, else to the chain; say where it is."""
    if takes_mailbox(line, kept, direct=given["direct"]):
        tell_posted(*told, post(outside, line, kept, letter, given), given)
        return
    parcel, urgent = parcel_of(outside, line, kept, letter, given), is_urgent(line, kept.tender)
    with waiting("Waiting for the block"):
        courier = courier_of(outside, line, kept.tender, given)
        delivered = courier.deliver(parcel, is_urgent=urgent)
    forget_replaced(line, kept, letter.message.bidder)
    _tell(*told, delivered, given)


def _post(outside: Surroundings, tender: str, given: dict[str, Any], posting: Posting) -> None:
    kept = BidStore(outside.home).find(tender, given["lot"])
    key = unlocked(outside, kept.key_name, given)
    with tender_line(outside, given, kept.newest().ledger) as line:
        part = given["part"] or line.reader.current_part(kept.tender)
        signed, parcel = posting.of(line, kept, key, part)
        with waiting("Waiting for the block"):
            delivered = courier_of(outside, line, kept.tender, given).deliver(parcel)
    facts = {"version": signed.message.version, "part": part}
    _tell(f"The secret of part {part} is out.", facts, delivered, given)


def _tell(said: str, facts: dict[str, Any], delivered: Delivered, given: dict[str, Any]) -> None:
    if given["as_json"]:
        print_json({**facts, **delivered.to_json()})
    else:
        say(f"{said} {delivered}")
