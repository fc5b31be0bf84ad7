"""Step 6: what the files held against what was committed."""

import hashlib

from ledger.errors import LedgerError
from ledger.tenders import opening_record
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.copies import copies_of
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.commitments import Tag, require
from ledger.tenders.opening import joined_of
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, cause_of
from ledger.tenders.state import Bid, TenderState
from ledger.values import LedgerRef
from ledger.verification.check import Check


def check_files(bundle: TenderBundle, state: TenderState) -> Check:
    """Join every disclosed bid's shares, and hold what its file gave against its commitments.

    Without files the joining is told of, and nothing of what is inside. What receipts say of copies
    stands beside the result, and changes nothing about it.
    """
    copies = copies_of(bundle)
    told = {"copies": copies} if copies else {}
    spoilt = _spoilt(bundle.ledger, state)
    named = [{"lot": lot, "part": part, "bidder": bid.bidder} for lot, part, bid in spoilt]
    if bundle.findings is None:
        return skipped("files", "no-files", {"sharesBad": named} | told)
    faults = [
        {"lot": lot, "part": part, "bidder": bidder, "error": type(exc).__name__}
        for (lot, part), findings in bundle.findings.items()
        for bidder, exc in _against(bundle.ledger, state, (lot, part), findings)
    ]
    return judged("files", faults, facts=told)


def key_of(ledger: LedgerRef, state: TenderState, part: int, bid: Bid) -> bytes:
    """Return the key of a disclosed bid's file, from the chain alone.

    Raises:
        SharesBad: when its shares do not join, and its bidder did not recover.
        ReleasesTooFew: when too few trustees have spoken, and its bidder did not recover.
        LedgerError: as `joining`, for secrets that are not what was committed.
    """
    return joined_of(ledger, state, part, bid).key


def _spoilt(ledger: LedgerRef, state: TenderState) -> list[tuple[int, int, Bid]]:
    found = []
    for lot in range(len(state.lots)):
        for part in state.ends:
            for bid in state.disclosed(lot, part):
                is_readable = cause_of(state, lot, part, bid) is None
                if is_readable and not _joins(ledger, state, part, bid):
                    found.append((lot, part, bid))
    return found


def _joins(ledger: LedgerRef, state: TenderState, part: int, bid: Bid) -> bool:
    try:
        key_of(ledger, state, part, bid)
    except LedgerError:
        return False
    return True


def _against(
    ledger: LedgerRef, state: TenderState, place: tuple[int, int], findings: Findings
) -> list[tuple[str, LedgerError]]:
    """What was found of each bid against what the chain says could be found."""
    lot, part = place
    faults: list[tuple[str, LedgerError]] = []
    for bidder, opened in findings.opened.items():
        bid = state.lot(lot).bids.get(bidder)
        try:
            if bid is None or cause_of(state, lot, part, bid) is not None:
                raise opening_record.OpeningUnaccounted(bidder)
            key_of(ledger, state, part, bid)
            _require_manifest(ledger, bid, part, opened)
        except LedgerError as exc:
            faults.append((bidder, exc))
    for bidder, cause in findings.causes.items():
        bid = state.lot(lot).bids.get(bidder)
        is_joined = bid is not None and part in bid.disclosed and _joins(ledger, state, part, bid)
        if cause is Cause.SHARES_BAD and is_joined:
            faults.append((bidder, opening_record.OpeningUnaccounted(bidder)))
    return faults


def _require_manifest(ledger: LedgerRef, bid: Bid, part: int, opened: OpenedBid) -> None:
    if bid.told is None or part > len(bid.told.bid.parts):
        raise opening_record.OpeningUnaccounted(bid.bidder)
    message = bid.told.bid
    context = message.place(ledger).context(part, message.version)
    given = hashlib.sha256(opened.manifest).digest()
    require(Tag.MANIFEST, context, given, message.parts[part - 1].manifest)
