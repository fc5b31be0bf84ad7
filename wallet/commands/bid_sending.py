"""`suizheng bid submit`, `replace`, `withdraw`, `disclose`, `recover`: straight to the chain.

Any funded account sends; the one-time key signs messages and pays nothing, so that nobody can link
it to the bidder by where its money came from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain import tender_calls
from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.chain.direct import Receipt
from ledger.chain.tender_reading import TenderReader
from ledger.tenders import messages
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import AlreadyDone
from ledger.tenders.messages import SubmitBid, WithdrawBid
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
from ledger.values import Address, LedgerRef
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
from wallet.commands.options import (
    FOLDER,
    account_option,
    json_option,
    ledger_options,
    password_option,
)
from wallet.console import print_json, say, waiting
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace, BidStore, StoreKey
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import Known, read_documents
from wallet.tenders.lines import Line, tender_line
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
    encode: Callable[[LedgerRef, SubmitBid, int, bytes], Call]
    secret: Callable[[PartSecrets], bytes]

    def of(self, line: Line, kept: BidPlace, key: Account, part: int) -> tuple[SignedBid, Call]:
        """Return the bid and the call; raises as `require` does before anything is unsealed."""
        signed = self.require(line.reader, kept, key.address, part)
        held = kept.secrets(signed.message.version, StoreKey.of(key.private_key))[part - 1]
        return signed, self.encode(signed.ledger, signed.message, part, self.secret(held))


DISCLOSURE: Final = Posting(require_disclosable, tender_calls.disclose, lambda each: each.s_b)
_RECOVERY: Final = Posting(require_recoverable, tender_calls.recover, lambda each: each.s_c)
part_option = click.option(
    "--part", type=click.IntRange(1, 2), help="The one that is being opened unless given."
)


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the node, and the account that pays."""
    return ledger_options(account_option(None)(command))


def of_tender(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the place of a bid, and whatever sending needs."""
    command = sending_options(password_option(json_option(command)))
    return click.argument("tender")(lot_option(command))


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("folder", type=FOLDER, required=False)
@sending_options
@sealing_options
@click.pass_obj
def submit(outside: Surroundings, /, documents: Path, folder: Path | None, **given: Any) -> None:
    """Send the newest bid that was sealed for DOCUMENTS; with FOLDER, seal that one first.

    Before anything is sealed or sent, documents, trustees, their groups, threshold and policy are
    held against the chain. Repeat it safely: what the chain holds already is not sent again.
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
        if not line.reader.bid(kept.tender, kept.lot, bidder).version:
            raise BidMissing(bidder)
        _seal_and_submit(outside, line, known, folder, given)


@click.command(cls=TenderCommand)
@of_tender
@valid_option
@click.pass_obj
def withdraw(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Take the bid for TENDER back, before submitEnd; its secrets are never asked for.

    TENDER is the beginning of its id.
    """
    kept = BidStore(outside.home).find(tender, given["lot"])
    ledger = kept.newest().ledger
    with tender_line(outside, given, ledger) as line:
        bid = line.reader.bid(kept.tender, kept.lot, bidder_of(outside, kept))
        if bid.state is BidState.WITHDRAWN:
            raise AlreadyDone
        require_receiving(line.reader, kept.tender)
        key = unlocked(outside, kept.key_name, given)
        if bid.state is BidState.NONE:
            raise BidMissing(key.address)
        version = max(kept.next_version(), bid.version + 1)
        until = given["valid_until"] or outside.now() + VALID_SECONDS
        message = WithdrawBid(kept.tender, kept.lot, key.address, version, until)
        signature = messages.sign(ledger, message, key.private_key)
        kept.keep_withdrawal(version, message, signature)
        call = tender_calls.withdraw(ledger, message, signature)
        with waiting("Waiting for the block"):
            receipt = line.send(unlocked(outside, given["account"], given), call)
    digest = "0x" + messages.digest(ledger, message).hex()
    _tell(
        f"Version {version} takes the bid back.",
        {"version": version, "digest": digest},
        receipt,
        given,
    )


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
    account = unlocked(outside, given["account"], given)
    with waiting("Waiting for the block"):
        receipt = line.send(account, tender_calls.submit(signed))
    said = f"Version {message.version} for lot {message.lot} is in."
    _tell(said, shown(kept, signed), receipt, given)


def _post(outside: Surroundings, tender: str, given: dict[str, Any], posting: Posting) -> None:
    kept = BidStore(outside.home).find(tender, given["lot"])
    key = unlocked(outside, kept.key_name, given)
    with tender_line(outside, given, kept.newest().ledger) as line:
        part = given["part"] or line.reader.current_part(kept.tender)
        signed, call = posting.of(line, kept, key, part)
        with waiting("Waiting for the block"):
            receipt = line.send(unlocked(outside, given["account"], given), call)
    facts = {"version": signed.message.version, "part": part}
    _tell(f"The secret of part {part} is out.", facts, receipt, given)


def _tell(said: str, facts: dict[str, Any], receipt: Receipt, given: dict[str, Any]) -> None:
    transaction = "0x" + receipt.transaction.hex()
    if given["as_json"]:
        print_json({**facts, "transaction": transaction, "block": receipt.block})
    else:
        say(f"{said} Block {receipt.block} (transaction {transaction}).")


def unlocked(outside: Surroundings, name: str, given: dict[str, Any]) -> Account:
    """Return an account of this wallet; raises as `Keyring.account` and `Passwords.of` do."""
    return outside.keyring.account(name, given["passwords"].of(name))
