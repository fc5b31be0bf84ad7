"""What the contract takes before and during an opening, asked beforehand of the told state.

The service and the wallet answer politely with these; the contract decides. Signatures, hashes
and secrets are judged where they are read (`messages`, `commitments`, `releases`).
"""

from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidRejected,
    BidVersionStale,
    DocumentsOutdated,
    NotDisclosed,
    PartUnknown,
    PolicyViolated,
    Rule,
    TenderNotOpen,
    TenderSuspended,
    TooFewBids,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import Phase
from ledger.tenders.phases import phase_at
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import Bid, BidState, TenderState
from ledger.tenders.suspensions import clock
from ledger.tenders.transitions import require_running
from ledger.values import Address


def require_arrival(
    state: TenderState, number: int, bidder: Address, version: int, at: int
) -> None:
    """Raise unless a bid or withdrawal of that version may come direct at `at`.

    Raises:
        BidLate: at or after submitEnd.
        TenderSuspended: while suspended, where the policy takes none then.
        BidVersionStale: unless the version is higher than the present one.
        TenderNotOpen, LotUnknown: for a tender that ended, and a lot that it does not have.
    """
    if state.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(state.ended)
    deadline, now = state.ends[1].submit_end, clock(state.suspension, at)
    if now >= deadline:
        raise BidLate(deadline, now)
    if state.suspension.since and not state.terms.takes_bids_while_suspended:
        raise TenderSuspended(state.suspension.since)
    _require_newer(state, number, bidder, version)


def require_listing(
    state: TenderState, number: int, bidder: Address, version: int, times: tuple[int, int]
) -> None:
    """Raise unless a message may be listed; `times`: when its root was anchored, and now.

    Raises:
        WindowNotOpen, WindowClosed: outside submitEnd … listEnd.
        BidLate: for a root anchored at or after submitEnd.
        TenderSuspended, BidVersionStale, LotUnknown: as `require_arrival`.
    """
    anchored_at, at = times
    _require_not_ended(state)
    require_running(state)
    ends = state.ends[1]
    _require_inside(ends.submit_end, ends.list_end, at)
    if anchored_at >= ends.submit_end:
        raise BidLate(ends.submit_end, anchored_at)
    _require_newer(state, number, bidder, version)


def docs_version(state: TenderState, docs: bytes, *, is_listed: bool) -> int:
    """Return the version of the documents that a bid names; raise `DocumentsOutdated`.

    It may name earlier ones since which no amendment affected bids: a clarification leaves no time
    to seal anew. A listed bid may name any, where the policy lets those stand.
    """
    if docs == state.docs[-1]:
        return len(state.docs)
    known = {digest: number for number, digest in enumerate(state.docs, 1)}
    version = known.get(docs, 0)
    may_be_older = is_listed and not state.terms.drops_stale_bids
    if version == 0 or (version < state.basis and not may_be_older):
        raise DocumentsOutdated(state.docs[-1])
    return version


def require_disclosure(state: TenderState, number: int, part: int, bidder: Address, at: int) -> Bid:
    """Return the bid whose secret s_b may be posted at `at`.

    Raises:
        WindowNotOpen, WindowClosed: outside the window; `TenderNotOpen` before it is scheduled.
        TooFewBids: in a lot below its minimum.
        NotDisclosed: for a bid that does not count, or (part 2) stayed sealed in part 1.
        BidRejected: in part 2, for a bid that the technical report rejects.
        AlreadyDone: for one whose secret is out.
        TenderSuspended: while the tender stands still.
    """
    ends = _scheduled(state, part)
    _require_inside(ends.list_end, ends.disclose_end, at)
    live = len(state.live(number))
    if live < state.terms.min_bids:
        raise TooFewBids(live, state.terms.min_bids)
    bid = _counted(state, number, bidder)
    if part > 1:
        phase = phase_at(state, number, part, at)
        if phase is not Phase.DISCLOSURE:
            raise TenderNotOpen(phase)
        if part - 1 not in bid.disclosed:
            raise NotDisclosed(bidder)
        if bid.is_rejected:
            raise BidRejected(bidder)
    if part in bid.disclosed:
        raise AlreadyDone
    return bid


def require_release(state: TenderState, part: int, index: int, at: int) -> None:
    """Raise unless trustee `index` may post its secret at `at`.

    Raises:
        WindowNotOpen, WindowClosed: outside discloseEnd … fallbackEnd.
        TooFewBids: while no lot has enough disclosed; its count is the greatest.
        AlreadyDone: for a secret that is out; others as `require_disclosure`.
    """
    ends = _scheduled(state, part)
    _require_inside(ends.disclose_end, ends.fallback_end, at)
    counts = [len(state.disclosed(number, part)) for number in range(len(state.lots))]
    if max(counts) < state.terms.min_disclosed:
        raise TooFewBids(max(counts), state.terms.min_disclosed)
    if index in state.released.get(part, {}):
        raise AlreadyDone


def require_recovery(state: TenderState, number: int, part: int, bidder: Address, at: int) -> Bid:
    """Return the bid whose shared secret s_c may be posted at `at`.

    Raises:
        WindowNotOpen: before releaseEnd, unless the trustees have opened the part.
        WindowClosed: from fallbackEnd.
        NotDisclosed: for a bid whose s_b is not out.
        TooFewBids, AlreadyDone: as `require_disclosure`.
    """
    ends = _scheduled(state, part)
    if not state.is_opened(part) and at < ends.release_end:
        raise WindowNotOpen(ends.release_end, at)
    if at >= ends.fallback_end:
        raise WindowClosed(ends.fallback_end, at)
    disclosed = len(state.disclosed(number, part))
    if disclosed < state.terms.min_disclosed:
        raise TooFewBids(disclosed, state.terms.min_disclosed)
    bid = _counted(state, number, bidder)
    if part not in bid.disclosed:
        raise NotDisclosed(bidder)
    if part in bid.recovered:
        raise AlreadyDone
    return bid


def require_record(state: TenderState, number: int, part: int, opened: int, at: int) -> None:
    """Raise unless the opening of a lot's part may be recorded with so many opened.

    Raises:
        TenderNotOpen: in another phase than OPENED.
        PolicyViolated: for more than can have opened.
        WindowNotOpen: for fewer than disclosed, while bidders may still recover.
        AlreadyDone: for one that is recorded.
    """
    ends, lot = _scheduled(state, part), state.lot(number)
    if part in lot.openings:
        raise AlreadyDone
    phase = phase_at(state, number, part, at)
    if phase is not Phase.OPENED:
        raise TenderNotOpen(phase)
    disclosed = len(state.disclosed(number, part))
    most = disclosed if state.is_opened(part) else len(state.recovered(number, part))
    if opened > most:
        raise PolicyViolated(Rule.OPENED, most, opened)
    if opened != disclosed and at < ends.fallback_end:
        raise WindowNotOpen(ends.fallback_end, at)


def _scheduled(state: TenderState, part: int) -> Ends:
    _require_not_ended(state)
    require_running(state)
    if not 1 <= part <= state.announcement.parts:
        raise PartUnknown(part)
    if part not in state.ends:
        raise TenderNotOpen(Phase.WAITING)
    return state.ends[part]


def _counted(state: TenderState, number: int, bidder: Address) -> Bid:
    bid = state.lot(number).bids.get(bidder)
    if bid is None or bid.state is not BidState.LIVE:
        raise NotDisclosed(bidder)
    if not state.counts(bid):
        raise DocumentsOutdated(state.docs[-1])
    return bid


def _require_newer(state: TenderState, number: int, bidder: Address, version: int) -> None:
    bid = state.lot(number).bids.get(bidder)
    present = 0 if bid is None else bid.version
    if version <= present:
        raise BidVersionStale(present, version)


def _require_inside(start: int, end: int, at: int) -> None:
    if at < start:
        raise WindowNotOpen(start, at)
    if at >= end:
        raise WindowClosed(end, at)


def _require_not_ended(state: TenderState) -> None:
    if state.ended is not Phase.UNKNOWN:
        raise TenderNotOpen(state.ended)
