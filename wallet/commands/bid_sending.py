"""`suizheng bid submit`, `replace`, `withdraw`, `disclose`, `recover`: straight to the chain.

Any funded account sends; the one-time key signs messages and pays nothing, so that nobody can link
it to the bidder by where its money came from.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ledger.chain import tender_calls
from ledger.chain.accounts import Account
from ledger.chain.direct import Receipt
from ledger.tenders import messages
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import AlreadyDone
from ledger.tenders.messages import WithdrawBid
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
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

part_option = click.option(
    "--part", type=click.IntRange(1, 2), help="The one that is being opened unless given."
)


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the node, and the account that pays."""
    return ledger_options(account_option(None)(command))


def _of_tender(command: Callable[..., Any]) -> Callable[..., Any]:
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
@_of_tender
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
        key = _account(outside, kept.key_name, given)
        if bid.state is BidState.NONE:
            raise BidMissing(key.address)
        version = max(kept.next_version(), bid.version + 1)
        until = given["valid_until"] or outside.now() + VALID_SECONDS
        message = WithdrawBid(kept.tender, kept.lot, key.address, version, until)
        signature = messages.sign(ledger, message, key.private_key)
        kept.keep_withdrawal(version, message, signature)
        call = tender_calls.withdraw(ledger, message, signature)
        with waiting("Waiting for the block"):
            receipt = line.send(_account(outside, given["account"], given), call)
    digest = "0x" + messages.digest(ledger, message).hex()
    _tell(
        f"Version {version} takes the bid back.",
        {"version": version, "digest": digest},
        receipt,
        given,
    )


@click.command(cls=TenderCommand)
@_of_tender
@part_option
@click.pass_obj
def disclose(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Publish your secret s_b of the bid for TENDER, from listEnd to discloseEnd.

    The chain's clock is looked at first: the secret is public once it is sent, even where the
    contract refuses it. Only the version that the chain holds is disclosed.
    """
    _post(outside, tender, given, require_disclosable, tender_calls.disclose, lambda s: s.s_b)


@click.command(cls=TenderCommand)
@_of_tender
@part_option
@click.pass_obj
def recover(outside: Surroundings, /, tender: str, **given: Any) -> None:
    """Publish s_c of your disclosed bid for TENDER where the trustees failed it.

    From releaseEnd, or once the part is opened, to fallbackEnd: for trustees who kept silent, or
    shares that do not join.
    """
    _post(outside, tender, given, require_recoverable, tender_calls.recover, lambda s: s.s_c)


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
    account = _account(outside, given["account"], given)
    with waiting("Waiting for the block"):
        receipt = line.send(account, tender_calls.submit(signed))
    said = f"Version {message.version} for lot {message.lot} is in."
    _tell(said, shown(kept, signed), receipt, given)


def _post(  # one parameter for each thing in which the two secrets differ
    outside: Surroundings,
    tender: str,
    given: dict[str, Any],
    require: Callable[..., SignedBid],
    encode: Callable[..., Any],
    secret: Callable[[PartSecrets], bytes],
) -> None:
    kept = BidStore(outside.home).find(tender, given["lot"])
    with tender_line(outside, given, kept.newest().ledger) as line:
        part = given["part"] or line.reader.current_part(kept.tender)
        signed = require(line.reader, kept, bidder_of(outside, kept), part)
        key = StoreKey.of(_account(outside, kept.key_name, given).private_key)
        held = kept.secrets(signed.message.version, key)[part - 1]
        call = encode(signed.ledger, signed.message, part, secret(held))
        with waiting("Waiting for the block"):
            receipt = line.send(_account(outside, given["account"], given), call)
    facts = {"version": signed.message.version, "part": part}
    _tell(f"The secret of part {part} is out.", facts, receipt, given)


def _tell(said: str, facts: dict[str, Any], receipt: Receipt, given: dict[str, Any]) -> None:
    transaction = "0x" + receipt.transaction.hex()
    if given["as_json"]:
        print_json({**facts, "transaction": transaction, "block": receipt.block})
    else:
        say(f"{said} Block {receipt.block} (transaction {transaction}).")


def _account(outside: Surroundings, name: str, given: dict[str, Any]) -> Account:
    return outside.keyring.account(name, given["passwords"].of(name))
