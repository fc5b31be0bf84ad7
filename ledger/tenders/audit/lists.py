"""Step 4: every list complete against the receipts that somebody holds.

A receipt accuses only of what is provable: that this tender's bid or withdrawal was taken in time,
that nothing hindered or overtook it, and that the events are known until after the lists closed.
"""

from contextlib import suppress
from typing import Any

from ledger.errors import Refused
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.refused import refused
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.errors import LotUnknown
from ledger.tenders.events import (
    TenderAmended,
    TenderEvent,
    TenderHeld,
    TenderTerminated,
    TenderVoided,
)
from ledger.tenders.mailbox import leaf
from ledger.tenders.policy.ends import Ends
from ledger.tenders.receipts import Named, Receipt
from ledger.tenders.relayed import digest_of
from ledger.tenders.state import TenderState
from ledger.tenders.suspensions import clock
from ledger.verification.check import Check

_HINDRANCES = TenderHeld | TenderTerminated | TenderVoided
"""After these the ledger may refuse what a service had rightly taken."""


def check_lists(bundle: TenderBundle, history: History, state: TenderState) -> Check:
    """Demand that each message with a receipt reached the chain, whoever left it out.

    Who signed for a listing owes it until listEnd, where its root was anchored in time: a mailbox
    that anchors a message, and lets whoever brought it think that it is listed, is found.

    A mailbox's receipt names a leaf alone: it is matched with the blinds at hand, those of listed
    messages among them. One that was not listed accuses nobody, since its bidder may have kept it
    from that; that the leaf lay under a root in time is all that the service owed it. Who was
    refused as late has to have been late (`refused`).
    """
    if bundle.receipts is None and not bundle.refusals and not bundle.doubtful:
        return skipped("lists", "no-receipts")
    asked = [each for each in bundle.receipts or () if _may_be_of(bundle, each)]
    open_: list[dict[str, Any]] = [dict(each) for each in bundle.doubtful]
    if not asked and not open_ and not bundle.refusals:
        return skipped("lists", "none-of-it")
    arrived = {digest_of(bundle.ledger, event) for event, _ in history} - {None}
    wrong, unknown, left = refused(bundle, state, arrived)
    leaves = {leaf(each, blind) for each in arrived if each for blind in bundle.blinds}
    anchored = _anchored(bundle, state)
    faults: list[dict[str, Any]] = [*wrong]
    open_ += unknown
    for each in asked:
        if each.digest in arrived or each.leaf in leaves or each.leaf in anchored:
            continue
        if each.digest is None or each.named is None:
            open_.append(_told(each) | {"error": "MessageUnknown"})
        elif _is_left_out(bundle, history, state, (each, each.named)):
            faults.append(_told(each))
        elif not _is_overtaken(state, each.named):
            why = "NotDue" if _is_root_known(bundle, each) else "MailboxRootUnknown"
            open_.append(_told(each) | {"error": why})
    return judged("lists", faults, open_, {"notJudged": left} if left else None)


def _anchored(bundle: TenderBundle, state: TenderState) -> set[bytes]:
    """The leaves that lay under a root of the mailbox before the deadline."""
    roots, end = bundle.mailbox_roots or {}, state.ends[1].submit_end
    found: set[bytes] = set()
    for each in bundle.places:
        with suppress(Refused):
            each.check()
            if roots.get(each.root, end) < end:
                found.add(each.data)
    return found


def _may_be_of(bundle: TenderBundle, receipt: Receipt) -> bool:
    """Whether a receipt is for a message, and for none of another tender."""
    if receipt.named is not None:
        return receipt.named.tender == bundle.tender
    return receipt.digest is not None or receipt.leaf is not None


def _is_left_out(
    bundle: TenderBundle, history: History, state: TenderState, given: tuple[Receipt, Named]
) -> bool:
    receipt, named = given
    ends, known_until = state.ends[1], bundle.known_until
    if known_until is None or clock(state.suspension, known_until) < ends.list_end:
        return False
    if not _is_in_time(bundle, ends, receipt) or _version(state, named) >= named.version:
        return False
    return not any(
        _hinders(event) and event.place.block_time >= receipt.issued_at for event, _ in history
    )


def _is_in_time(bundle: TenderBundle, ends: Ends, receipt: Receipt) -> bool:
    """Whether a message was taken while the ledger took it: a listing until listEnd."""
    if receipt.root is None:
        return receipt.issued_at < ends.submit_end
    anchored_at = (bundle.mailbox_roots or {}).get(receipt.root)
    is_before = anchored_at is not None and anchored_at < ends.submit_end
    return is_before and receipt.issued_at < ends.list_end


def _is_root_known(bundle: TenderBundle, receipt: Receipt) -> bool:
    return receipt.root is None or receipt.root in (bundle.mailbox_roots or {})


def _hinders(event: TenderEvent) -> bool:
    """A clarification is none: bids to the documents before it are taken (`docs_version`)."""
    if isinstance(event, TenderAmended):
        return event.affects_bids
    return isinstance(event, _HINDRANCES)


def _is_overtaken(state: TenderState, named: Named) -> bool:
    return _version(state, named) > named.version


def _version(state: TenderState, named: Named) -> int:
    """The version that the chain has of a bid, 0 without any."""
    try:
        bid = state.lot(named.lot).bids.get(named.bidder)
    except LotUnknown:
        return named.version  # a lot that there is not: nothing can be missing in it
    return 0 if bid is None else bid.version


def _told(receipt: Receipt) -> dict[str, Any]:
    """Name the message, and whose word for it is held against the ledger."""
    message = (
        {"leaf": receipt.leaf or b""} if receipt.digest is None else {"digest": receipt.digest}
    )
    if receipt.root is not None:
        message["root"] = receipt.root
    return {name: "0x" + hash_.hex() for name, hash_ in message.items()} | {
        "signedBy": receipt.issuer
    }
