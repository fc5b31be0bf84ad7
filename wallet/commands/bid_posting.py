"""What bid commands share where a tender has a mailbox: handing in, waiting for the root, listing.

In a mailbox a bid is a hash among 64 until submitEnd, so the chain shows neither who bids nor how
many. What was not anchored ten minutes before submitEnd goes direct: shown is better than lost.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

import click

from ledger.chain import tender_calls
from ledger.errors import LedgerError, Refused
from ledger.tenders import messages
from ledger.tenders.contract_errors import BidMissing, MailboxAbsent
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    MessageExpired,
    TenderNotOpen,
    TenderSuspended,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import Phase
from ledger.tenders.mailbox import MailboxProof, leaf
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
from ledger.values import AgencyId
from wallet.commands.bid_delivery import (
    bid_parcel,
    courier_of,
    is_urgent,
    withdrawal_parcel,
)
from wallet.console import note, print_json, say, waiting, when
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.bids import BidPlace
from wallet.tenders.delivery import Delivered, Parcel
from wallet.tenders.lines import Line
from wallet.tenders.mailboxes import (
    Letter,
    Letterbox,
    NotAnchoredYet,
    Posted,
    hand_in,
    look,
)
from wallet.tenders.relays import Teller

LISTINGS: Final = "/v1/mailbox/listings"
WAIT_SECONDS: Final = 150
"""Two roots and a block: how long a command waits for the anchor (proposed)."""
_PAUSE: Final = 5
_NONE: Final = AgencyId(bytes(32))


class MailboxServiceMissing(Refused):
    """No service is named. Give --service of the one that keeps the mailbox, or --direct."""


direct_option = click.option(
    "--direct",
    is_flag=True,
    help="Pass by the tender's mailbox, for all to see that one more key bids.",
)


def takes_mailbox(line: Line, kept: BidPlace, *, direct: bool) -> bool:
    """Whether a message goes to the tender's mailbox; with `direct`, or too late for it, not."""
    has_one = line.reader.tender(kept.tender).mailbox != _NONE
    return has_one and not direct and not is_urgent(line, kept.tender)


def parcel_of(
    outside: Surroundings, line: Line, kept: BidPlace, letter: Letter, given: dict[str, Any]
) -> Parcel:
    """Return a bid or withdrawal as it is sent before submitEnd, for everybody to see."""
    if isinstance(letter, SignedBid):
        return bid_parcel(outside, line, kept, letter, given)
    return withdrawal_parcel(line, kept, letter)


def post(
    outside: Surroundings, line: Line, kept: BidPlace, letter: Letter, given: dict[str, Any]
) -> Posted:
    """Hand a message in, its files uploaded before, and wait for its root; return where it lies.

    Raises:
        MailboxServiceMissing: where no service is named.
        AlreadyDone: where it was anchored before.
        MessageExpired: where it had expired when it was: nobody can list it.
        NotAnchoredYet: where no block has the root in time; the message stays handed in.
        ReceiptUnsound, MailboxUntrue: for a receipt or a place that is none.
        And as `Service` does where the last of the services fails.
    """
    box, version = Letterbox(kept), letter.message.version
    known = box.posted(version)
    if known is not None and known.proof is not None:
        at = line.reader.anchored_at(known.mailbox, known.proof.root)
        if at is not None:
            _require_fresh(letter, at)
            raise AlreadyDone
    urls = given["services"]
    if known is not None and (known.receipt or not urls):
        urls = (known.service,)
    parcel = parcel_of(outside, line, kept, letter, given)
    with waiting("Waiting for the mailbox's root"):
        _hand_in(outside, line, (letter, box, parcel), urls)
        for _ in range(WAIT_SECONDS // _PAUSE):
            posted = _seen(outside, line, kept, letter)
            if posted.anchored_at is not None:
                _require_fresh(letter, posted.anchored_at)
                return posted
            outside.clocks.pause(_PAUSE)
    raise NotAnchoredYet(leaf(letter.digest, posted.blind))


def _require_fresh(letter: Letter, anchored_at: int) -> None:
    """Raise `MessageExpired` as the contract will when a message is listed, and it is too late."""
    until = letter.message.valid_until
    if anchored_at >= until:
        raise MessageExpired(until, anchored_at)


def _hand_in(
    outside: Surroundings, line: Line, what: tuple[Letter, Letterbox, Parcel], urls: Sequence[str]
) -> None:
    """Give a message to the first of the services that takes it and its files."""
    letter, box, parcel = what
    teller = Teller(line.client, line.reader.tender(letter.message.tender).mailbox)
    why: LedgerError = MailboxServiceMissing()
    for url in urls:
        try:
            parcel.prepare(url.rstrip("/"))
            with mailbox_service(outside, url) as service:
                hand_in(letter, box, service, teller, outside.randomness)
        except LedgerError as exc:
            why = exc
            note(f"{url}: {exc}")
            continue
        return
    raise why


def tell_posted(said: str, facts: dict[str, Any], posted: Posted, given: dict[str, Any]) -> None:
    """Print where a message lies."""
    if given["as_json"]:
        print_json({**facts, "mailbox": posted.to_json()})
        return
    at = when(posted.anchored_at)
    say(f"{said} It is in the mailbox since {at}, and nobody can tell that it is yours.")
    say("After submitEnd it has to be listed: suizheng bid watch does it, or suizheng bid list.")


@contextmanager
def mailbox_service(outside: Surroundings, url: str) -> Iterator[Service]:
    """Give the service of a mailbox, spoken to without signing in."""
    with closing(Service(url, wait=outside.clocks.pause)) as service:
        yield service


def attend(outside: Surroundings, line: Line, kept: BidPlace, given: dict[str, Any]) -> bool:
    """Do what a bid in a mailbox wants done now; return whether it was taken back for good.

    Raises:
        WindowNotOpen: before submitEnd, with it; what has no root shortly before it goes direct.
        And as `list_newest` between submitEnd and listEnd, unless there is nothing to list.
    """
    letters = Letterbox(kept).letters()
    if not letters:
        return False
    stored, ends = line.reader.tender(kept.tender), line.reader.ends(kept.tender, 1)
    if stored.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(stored.ended)
    if stored.clock < ends.submit_end:
        is_anchored = _keep_up(outside, line, kept, letters[0])
        if not is_anchored and is_urgent(line, kept.tender):
            _send_direct(outside, line, kept, letters[0], given)
        raise WindowNotOpen(ends.submit_end, stored.clock)
    if stored.clock < ends.list_end:
        with suppress(AlreadyDone):
            list_newest(outside, line, kept, given)
    bid = line.reader.bid(kept.tender, kept.lot, letters[0].message.bidder)
    return bid.state is BidState.WITHDRAWN


def list_newest(
    outside: Surroundings, line: Line, kept: BidPlace, given: dict[str, Any]
) -> tuple[Letter, Delivered]:
    """List the newest message that was anchored before submitEnd; return it and the block.

    Raises:
        MailboxAbsent, BidMissing: where the tender has no mailbox, or nothing was handed in.
        WindowNotOpen, WindowClosed, TenderSuspended, TenderNotOpen: for the time.
        AlreadyDone: where the chain has it, or a newer one.
        BidLate, MessageExpired: where none was anchored in time, by submitEnd or by its own end.
        NotAnchoredYet: where nobody says.
    """
    _require_listing(line, kept)
    letters = Letterbox(kept).letters()
    if not letters:
        raise BidMissing(kept.newest().message.bidder)
    letter, posted = _in_time(outside, line, kept, letters)
    stored = line.reader.bid(kept.tender, kept.lot, letter.message.bidder)
    if stored.version >= letter.message.version:
        raise AlreadyDone
    assert posted.proof is not None  # or it would not be anchored
    parcel = listing_parcel(line, kept, letter, posted.proof)
    return letter, courier_of(outside, line, kept.tender, given).deliver(parcel)


def listing_parcel(line: Line, kept: BidPlace, letter: Letter, proof: MailboxProof) -> Parcel:
    """Return a message out of a mailbox as it is sent from submitEnd to listEnd."""
    message = letter.message
    place = (message.tender, message.lot, message.bidder)
    body: dict[str, Any] = {
        "message": messages.to_json(message),
        "signature": "0x" + letter.signature.hex(),
        "proof": {
            "root": "0x" + proof.root.hex(),
            "index": proof.index,
            "path": ["0x" + each.hex() for each in proof.path],
            "blind": "0x" + proof.blind.hex(),
        },
    }
    if isinstance(letter, SignedBid):
        body["shares"] = "0x" + letter.shares.hex()
        body["bondSignature"] = "0x" + letter.bond_signature.hex()
    return Parcel(
        digest=letter.digest,
        path=LISTINGS if isinstance(letter, SignedBid) else f"{LISTINGS}/withdrawals",
        body=body,
        call=tender_calls.list_letter(letter, proof),
        is_there=lambda: line.reader.bid(*place).digest == letter.digest,
        keep=lambda name, token: kept.keep_said(message.version, f"listing-{name}", token),
    )


def _require_listing(line: Line, kept: BidPlace) -> None:
    stored, ends = line.reader.tender(kept.tender), line.reader.ends(kept.tender, 1)
    if stored.mailbox == _NONE:
        raise MailboxAbsent
    if stored.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(stored.ended)
    if stored.suspended_at:
        raise TenderSuspended(stored.suspended_at)
    if stored.at < ends.submit_end:
        raise WindowNotOpen(ends.submit_end, stored.at)
    if stored.at >= ends.list_end:
        raise WindowClosed(ends.list_end, stored.at)


def _in_time(
    outside: Surroundings, line: Line, kept: BidPlace, letters: list[Letter]
) -> tuple[Letter, Posted]:
    """Return the newest of the messages that was anchored in time; say why the newest was not."""
    end = line.reader.ends(kept.tender, 1).submit_end
    why: LedgerError | None = None
    for letter in letters:
        try:
            posted = _seen(outside, line, kept, letter)
            _require_in_time(letter, posted, end)
        except LedgerError as exc:
            why = why or exc
            continue
        return letter, posted
    assert why is not None  # there is a message
    raise why


def _require_in_time(letter: Letter, posted: Posted, end: int) -> None:
    if posted.anchored_at is None:
        raise NotAnchoredYet(leaf(letter.digest, posted.blind))
    if posted.anchored_at >= end:
        raise BidLate(end, posted.anchored_at)
    _require_fresh(letter, posted.anchored_at)


def _seen(outside: Surroundings, line: Line, kept: BidPlace, letter: Letter) -> Posted:
    """Look at a message; the service is asked only for a place that is not known."""
    box = Letterbox(kept)
    posted = box.posted(letter.message.version)
    assert posted is not None  # it was handed in
    with mailbox_service(outside, posted.service) as service:
        return look(letter, box, line, service)


def _keep_up(outside: Surroundings, line: Line, kept: BidPlace, letter: Letter) -> bool:
    """Keep where a message lies as soon as anybody says it; return whether it is anchored."""
    try:
        return _seen(outside, line, kept, letter).anchored_at is not None
    except LedgerError:  # whatever the service says or does not: it is asked again
        return False


def _send_direct(
    outside: Surroundings, line: Line, kept: BidPlace, letter: Letter, given: dict[str, Any]
) -> None:
    stored = line.reader.bid(kept.tender, kept.lot, letter.message.bidder)
    if stored.version < letter.message.version:
        parcel = parcel_of(outside, line, kept, letter, given)
        with suppress(BidLate):  # its root may have been quicker
            courier_of(outside, line, kept.tender, given).deliver(parcel, is_urgent=True)
