"""Step 3: every message signed, whole and in time."""

from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.tenders import messages
from ledger.tenders.admission import docs_version, require_arrival, require_listing
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.report import fault, judged
from ledger.tenders.audit.standing import unfit_request
from ledger.tenders.commitments import require_shares
from ledger.tenders.envelopes import ENVELOPE_BYTES
from ledger.tenders.errors import (
    BondNotAttested,
    DocumentsOutdated,
    MessageExpired,
    PartsMismatch,
    SharesMismatch,
)
from ledger.tenders.events import BidSubmitted, BidWithdrawn
from ledger.tenders.messages import BondIssued, WithdrawBid
from ledger.tenders.state import TenderState
from ledger.values import LedgerRef
from ledger.verification.check import Check


class _RootUnknown(Exception):
    """Nobody gathered when the message's mailbox was anchored."""


def check_messages(bundle: TenderBundle, history: History) -> Check:
    """Judge each bid and withdrawal again, as the contract had to when it came.

    So is the buyer's standing request for licences, which presentations are made to.
    """
    faults, open_ = unfit_request(bundle)
    for event, before in history:
        if not isinstance(event, BidSubmitted | BidWithdrawn):
            continue
        try:
            _require_signed(bundle.ledger, event)
            anchored_at = _anchored_at(bundle, event)
            _require_in_time(before, event, anchored_at)
            if isinstance(event, BidSubmitted):
                _require_whole(bundle.ledger, before, event)
        except Refused as refused:
            faults.append(fault(event.place, refused))
        except _RootUnknown:
            place = event.place
            named = {"block": place.block, "logIndex": place.log_index, "root": event.root.hex()}
            open_.append(named)
    return judged("messages", faults, open_)


def message_of(event: BidSubmitted | BidWithdrawn) -> messages.SubmitBid | WithdrawBid:
    """Return the message that an event tells of."""
    if isinstance(event, BidSubmitted):
        return event.bid
    return WithdrawBid(event.tender_id, event.lot, event.bidder, event.version, event.valid_until)


def _require_signed(ledger: LedgerRef, event: BidSubmitted | BidWithdrawn) -> None:
    messages.require_signed(ledger, message_of(event), event.signature)


def _anchored_at(bundle: TenderBundle, event: BidSubmitted | BidWithdrawn) -> int | None:
    """When a listed message was anchored; None for one that came direct."""
    if not any(event.root):
        return None
    if bundle.mailbox_roots is None or event.root not in bundle.mailbox_roots:
        raise _RootUnknown
    return bundle.mailbox_roots[event.root]


def _require_in_time(
    before: TenderState, event: BidSubmitted | BidWithdrawn, anchored_at: int | None
) -> None:
    now, message = event.place.block_time, message_of(event)
    arrived = now if anchored_at is None else anchored_at
    if arrived >= message.valid_until:
        raise MessageExpired(message.valid_until, arrived)
    if anchored_at is None:
        require_arrival(before, event.lot, event.bidder, message.version, now)
    else:
        times = (anchored_at, now)
        require_listing(before, event.lot, event.bidder, message.version, times)


def _require_whole(ledger: LedgerRef, before: TenderState, event: BidSubmitted) -> None:
    bid, announced = event.bid, before.announcement
    if (bid.tender, bid.lot, bid.bidder) != (event.tender_id, event.lot, event.bidder):
        raise SignatureInvalid
    if docs_version(before, bid.docs, is_listed=any(event.root)) != event.docs_version:
        raise DocumentsOutdated(before.docs[-1])
    if len(bid.parts) != announced.parts:
        raise PartsMismatch(announced.parts, len(bid.parts))
    length = len(announced.trustees) // announced.parts * ENVELOPE_BYTES
    if len(event.shares) != length * announced.parts:
        raise SharesMismatch(announced.parts)
    for number, part in enumerate(bid.parts, 1):
        require_shares(number, event.shares[(number - 1) * length : number * length], part.shares)
    _require_bond(ledger, before, event)


def _require_bond(ledger: LedgerRef, before: TenderState, event: BidSubmitted) -> None:
    authority = before.announcement.bond_authority
    if int(authority, 16) == 0:
        return
    issued = BondIssued(event.tender_id, event.lot, event.bid.bond)
    try:
        signer = messages.recover(ledger, issued, event.bond_signature)
    except SignatureInvalid as exc:
        raise BondNotAttested from exc
    if signer != authority:
        raise BondNotAttested
