"""Objections 异议 and complaints 投诉: when they may come, as the AwardLedger judges it.

Documents: until the policy's days before the deadline. Opening: on the spot, which is until its
last window ends, or the policy's least such window after it is recorded, whichever is later.
Result: inside the notice. The first and the last make tender or lot stand still until they are
answered; once that is overdue a supervisor may lift it, and the award alone stays blocked.
"""

from eth_hash.auto import keccak

from ledger.eip712 import word
from ledger.tenders.contract_errors import (
    BidMissing,
    NotSuspended,
    ObjectionAlreadyLodged,
    ObjectionUnknown,
    StageInvalid,
)
from ledger.tenders.errors import ObjectionFirst, TenderNotOpen, WindowClosed, WindowNotOpen
from ledger.tenders.events import Outcome, Phase, Stage
from ledger.tenders.ids import TenderId
from ledger.tenders.phases import EXITS, lot_phase_at
from ledger.tenders.state import BidState, TenderState, subject_of
from ledger.tenders.transitions import require_running
from ledger.values import Address

_OPENING: tuple[Phase, ...] = (Phase.RELEASE, Phase.FALLBACK, Phase.OPENED)


def objection_id(tender: TenderId, lot: int, stage: Stage, bidder: Address, digest: bytes) -> bytes:
    """Return keccak256(abi.encode(tenderId, lot, stage, bidder, digest)); bidder 0: admitted."""
    place = tender + word(lot, 16) + word(stage, 8)
    return keccak(place + word(int(bidder, 16), 160) + digest)


def complaint_id(
    tender: TenderId, lot: int, stage: Stage, objection: bytes, digest: bytes
) -> bytes:
    """Return keccak256(abi.encode(tenderId, lot, stage, objection, digest))."""
    return keccak(tender + word(lot, 16) + word(stage, 8) + objection + digest)


def require_live_key(state: TenderState, number: int, bidder: Address) -> None:
    """Raise `BidMissing` unless the key has a live bid in the lot."""
    bid = state.lot(number).bids.get(bidder)
    if bid is None or bid.state is not BidState.LIVE:
        raise BidMissing(bidder)


def require_first(state: TenderState, number: int, stage: Stage, bidder: Address) -> None:
    """Raise `ObjectionAlreadyLodged` where the key objected to the same thing before.

    Of a stage that is one version of the documents, one part's opening or one notice: what else of
    the key is open never counts (R22, R44, R54 give each its own objection).
    """
    wanted = (number, stage, subject_of(state, number, stage), bidder)
    for id_, each in state.objections.items():
        if (each.lot, each.stage, each.subject, each.bidder) == wanted:
            raise ObjectionAlreadyLodged(id_)


def require_timely(state: TenderState, number: int, stage: Stage, at: int) -> None:
    """Raise unless an objection of a stage may come at `at`.

    Raises:
        TenderNotOpen: in another phase than the stage's.
        WindowClosed: too near to the deadline, after the opening, or after the notice.
        TenderSuspended: while tender or lot stand still, which an opening's does not wait for.
        StageInvalid: for OTHER, which is for complaints alone.
    """
    course = state.lot(number).course
    if stage is not Stage.OPENING:
        require_running(state, course)
    phase, ends = lot_phase_at(state, number, at), state.ends[state.current_part]
    match stage:
        case Stage.DOCUMENTS:
            _require_phase(phase, Phase.RECEIVING)
            _require_before(max(0, ends.submit_end - state.terms.objection_lead), at)
        case Stage.OPENING:
            _require_on_the_spot(state, number, phase, at)
        case Stage.RESULT:
            _require_phase(phase, Phase.NOTICE)
            _require_before(course.notice_end, at)
        case _:
            raise StageInvalid(stage)


def require_shown(state: TenderState, at: int) -> None:
    """Raise `WindowNotOpen` while the opening of some lot's part may be objected to on the spot.

    So long the next part waits: once it is scheduled, objections are to its own opening.
    """
    end = max(_spot_end(state, number) for number in range(len(state.lots)))
    if at < end:
        raise WindowNotOpen(end, at)


def require_new(state: TenderState, id_: bytes) -> None:
    """Raise `ObjectionAlreadyLodged` for an objection that is there already."""
    if id_ in state.objections:
        raise ObjectionAlreadyLodged(id_)


def require_liftable(state: TenderState, id_: bytes, at: int) -> None:
    """Raise unless what stands still for an objection may go on without its answer at `at`.

    By the supervisor; by anybody once the policy's longest suspension has passed besides.

    Raises:
        ObjectionUnknown: where there is none.
        WindowNotOpen: before it is overdue.
        NotSuspended: where nothing stands still for it.
    """
    found = state.objections.get(id_)
    if found is None:
        raise ObjectionUnknown(id_)
    if at < found.due_at:
        raise WindowNotOpen(found.due_at, at)
    held = (state.suspension, state.lot(found.lot).course.suspension)
    if not any(id_ in each.grounds for each in held):
        raise NotSuspended


def require_objected(state: TenderState, number: int, stage: Stage, id_: bytes, at: int) -> None:
    """Raise `ObjectionFirst` unless a complaint of a stage names what it has to (R60).

    That is an objection to the same stage of the same lot, answered or overdue. One of OTHER names
    none; raises `ObjectionUnknown` where it does.
    """
    if stage is Stage.OTHER:
        if any(id_):
            raise ObjectionUnknown(id_)
        return
    found = state.objections.get(id_)
    is_same = found is not None and (found.lot, found.stage) == (number, stage)
    if found is None or not is_same:
        raise ObjectionFirst
    if found.outcome is Outcome.OPEN and not found.is_overdue(at):
        raise ObjectionFirst


def _require_on_the_spot(state: TenderState, number: int, phase: Phase, at: int) -> None:
    """The buyer chooses when to record, and may go on at once: neither takes anybody's time.

    Nor does the next part, which waits (`require_shown`).
    """
    if state.current_part not in state.lot(number).openings:
        _require_phase(phase, *_OPENING)
        return
    if phase in EXITS:
        raise TenderNotOpen(phase)
    _require_before(_spot_end(state, number), at)


def _spot_end(state: TenderState, number: int) -> int:
    """The last window's end or, if later, the policy's least such window after the record."""
    recorded = state.lot(number).openings.get(state.current_part)
    shown = recorded.place.block_time + state.terms.fallback.least if recorded else 0
    return max(state.ends[state.current_part].fallback_end, shown)


def _require_phase(phase: Phase, *allowed: Phase) -> None:
    if phase not in allowed:
        raise TenderNotOpen(phase)


def _require_before(end: int, at: int) -> None:
    if at >= end:
        raise WindowClosed(end, at)
