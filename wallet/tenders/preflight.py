"""What the contract would refuse, asked before a secret leaves the wallet.

Calldata is public even where the call reverts, and a node sees what it only estimates. So nothing
that opens a bid is in any request before the chain's own clock allows it; refusals are those of the
contract, with its values.
"""

from typing import Protocol

from ledger.chain.tender_reading import BidAsStored, TenderAsStored, TenderReader
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidRejected,
    DigestMismatch,
    DocumentsOutdated,
    LotUnknown,
    NotDisclosed,
    PartUnknown,
    TenderNotOpen,
    TenderSuspended,
    TooFewBids,
    TrusteeKeyInvalid,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import FINAL_PHASES, Phase
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.ends import Ends
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState
from ledger.values import Address

_SECOND = 2


class Versions(Protocol):
    """The versions of a bid that are at hand (`BidPlace`, or a backup's one)."""

    @property
    def tender(self) -> TenderId:
        """The tender."""

    @property
    def lot(self) -> int:
        """The lot."""

    def signed(self, version: int) -> SignedBid | None:
        """Return a version, None where it is not at hand."""


def require_receiving(reader: TenderReader, tender: TenderId) -> TenderAsStored:
    """Return the tender; raise `BidLate` or `TenderNotOpen` where no bid is taken any more."""
    stored = reader.tender(tender)
    if stored.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(stored.ended)
    end = reader.ends(tender, 1).submit_end
    if stored.clock >= end:
        raise BidLate(end, stored.clock)
    return stored


def require_disclosable(
    reader: TenderReader, kept: Versions, bidder: Address, part: int
) -> SignedBid:
    """Return the bid whose s_b of a part may be sent now, the one that the chain holds.

    Raises:
        AlreadyDone: where it is out.
        BidMissing, DigestMismatch: where the chain holds no bid of this wallet.
        WindowNotOpen, WindowClosed, TenderSuspended, TenderNotOpen: for the time.
        TooFewBids, DocumentsOutdated, NotDisclosed, BidRejected: where it never opens.
    """
    tender = kept.tender
    bid = _require_live(reader, kept, bidder)
    if bid.disclosed & part:
        raise AlreadyDone
    stored, ends = _require_scheduled(reader, tender, part)
    _require_inside(ends.list_end, ends.disclose_end, stored.at)
    _require_entered(reader, stored, kept, part)
    if stored.drops_stale_bids and bid.docs_version < stored.basis:
        raise DocumentsOutdated(stored.docs)
    if part == _SECOND and not bid.disclosed & 1:
        raise NotDisclosed(bidder)
    if part == _SECOND and bid.is_rejected:
        raise BidRejected(bidder)
    return _own(kept, bid)


def require_awaited(reader: TenderReader, kept: Versions, bidder: Address, part: int) -> None:
    """Raise where a part that is not begun can never be opened for this bid.

    Raises:
        TenderNotOpen: where the tender or the lot has come to its end.
        BidMissing, NotDisclosed, BidRejected: where the bid itself has.
    """
    bid = _require_live(reader, kept, bidder)
    phase = reader.phase(kept.tender, kept.lot, part, reader.tender(kept.tender).at)
    if phase in FINAL_PHASES:
        raise TenderNotOpen(phase)
    if part == _SECOND and not bid.disclosed & 1:
        raise NotDisclosed(bidder)
    if part == _SECOND and bid.is_rejected:
        raise BidRejected(bidder)


def require_recoverable(
    reader: TenderReader, kept: Versions, bidder: Address, part: int
) -> SignedBid:
    """Return the bid whose s_c of a part may be sent now; raises as `require_disclosable` does."""
    bid = _require_live(reader, kept, bidder)
    if bid.recovered & part:
        raise AlreadyDone
    stored, ends = _require_scheduled(reader, kept.tender, part)
    released, _ = reader.openable(kept.tender, part)
    if released < stored.threshold and stored.at < ends.release_end:
        raise WindowNotOpen(ends.release_end, stored.at)
    _require_inside(ends.disclose_end, ends.fallback_end, stored.at)
    disclosed = reader.lot(kept.tender, kept.lot).disclosed[part - 1]
    if disclosed < stored.min_disclosed:
        raise TooFewBids(disclosed, stored.min_disclosed)
    if not bid.disclosed & part:
        raise NotDisclosed(bidder)
    return _own(kept, bid)


def require_releasable(
    reader: TenderReader, tender: TenderId, part: int, index: int, key: Address
) -> None:
    """Raise unless the secret of a trustee's `key` may be sent now.

    Raises:
        AlreadyDone: where it is out.
        TrusteeKeyInvalid: where the chain names another key for that place.
        WindowNotOpen, WindowClosed, TenderSuspended, TenderNotOpen: for the time.
        TooFewBids: where no lot has enough disclosed.
    """
    trustee = reader.trustee(tender, part, index)
    if trustee.key != key:
        reader.tender(tender)  # says where there is none at all
        raise TrusteeKeyInvalid(part, index)
    if trustee.has_released:
        raise AlreadyDone
    stored, ends = _require_scheduled(reader, tender, part)
    _require_inside(ends.disclose_end, ends.fallback_end, stored.at)
    _, openable = reader.openable(tender, part)
    if not openable:
        counts = [reader.lot(tender, lot).disclosed[part - 1] for lot in range(stored.lots)]
        raise TooFewBids(max(counts), stored.min_disclosed)


def _require_live(reader: TenderReader, kept: Versions, bidder: Address) -> BidAsStored:
    stored = reader.tender(kept.tender)
    if kept.lot >= stored.lots:
        raise LotUnknown(kept.lot)
    bid = reader.bid(kept.tender, kept.lot, bidder)
    if bid.state is not BidState.LIVE:
        raise BidMissing(bidder)
    return bid


def _require_scheduled(
    reader: TenderReader, tender: TenderId, part: int
) -> tuple[TenderAsStored, Ends]:
    stored = reader.tender(tender)
    if stored.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(stored.ended)
    if stored.suspended_at:
        raise TenderSuspended(stored.suspended_at)
    if not 1 <= part <= stored.parts:
        raise PartUnknown(part)
    ends = reader.ends(tender, part)
    if not ends.list_end:
        raise TenderNotOpen(Phase.WAITING)
    return stored, ends


def _require_inside(start: int, end: int, at: int) -> None:
    if at < start:
        raise WindowNotOpen(start, at)
    if at >= end:
        raise WindowClosed(end, at)


def _require_entered(
    reader: TenderReader, stored: TenderAsStored, kept: Versions, part: int
) -> None:
    lot = reader.lot(kept.tender, kept.lot)
    live = 0 if stored.drops_stale_bids and lot.basis < stored.basis else lot.live
    if live < stored.min_bids:
        raise TooFewBids(live, stored.min_bids)
    phase = reader.phase(kept.tender, kept.lot, part, stored.at)
    if phase is not Phase.DISCLOSURE:
        raise TenderNotOpen(phase)


def _own(kept: Versions, bid: BidAsStored) -> SignedBid:
    """Return the kept version that the chain holds; no other version's secret ever leaves."""
    signed = kept.signed(bid.version)
    if signed is None or signed.digest != bid.digest:
        raise DigestMismatch(bid.digest, bytes(32) if signed is None else signed.digest)
    return signed
