"""A tender as its events leave it: plain values, without any clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final

from ledger.tenders.errors import LotUnknown
from ledger.tenders.events import (
    Announcement,
    BidSubmitted,
    BidWithdrawn,
    ComplaintState,
    OpeningRecorded,
    Outcome,
    Phase,
    Stage,
)
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import NO_BOND
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import Terms
from ledger.tenders.suspensions import RUNNING, Suspension
from ledger.values import Address

_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


class BidState(IntEnum):
    """ITenderLedger.BidState."""

    NONE = 0
    LIVE = 1
    WITHDRAWN = 2


@dataclass(frozen=True, slots=True)
class Bid:
    """One bidder's place in a lot. `told` is the bid of the highest version, None once withdrawn.

    `taken_back` is the withdrawal then. `disclosed` and `recovered` hold the secrets s_b and s_c
    by part. `bonded_until` is when a bid with a bond was withdrawn, in Unix seconds, 0 for any
    other.
    """

    bidder: Address
    version: int
    state: BidState
    docs_version: int
    told: BidSubmitted | None
    taken_back: BidWithdrawn | None = None
    disclosed: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING)
    recovered: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING)
    is_rejected: bool = False
    bonded_until: int = 0

    @property
    def has_bond(self) -> bool:
        """Whether a bond stands behind the bid."""
        return self.told is not None and self.told.bid.bond != NO_BOND


@dataclass(frozen=True, slots=True)
class Course:
    """A lot after an opening; `phase` UNKNOWN before, `part` the one that it is of.

    `scored` holds the digests of the sheets by seat, from 1; `notices` counts those published;
    `award` and `contract` are the digests of those papers; `has_ground` is for a review;
    `upheld` is the last objection to the result that was upheld and not yet followed by one, else
    None. `entered` tells when each phase began last, in Unix seconds, later by the time that the
    lot stood still since.
    """

    phase: Phase = Phase.UNKNOWN
    part: int = 0
    seats: int = 0
    committee: bytes = bytes(32)
    scored: Mapping[int, bytes] = field(default_factory=lambda: _NOTHING)
    report: bytes = bytes(32)
    candidates: tuple[Address, ...] = ()
    notice_end: int = 0
    notices: int = 0
    winner: Address | None = None
    award: bytes = bytes(32)
    contract: bytes = bytes(32)
    has_ground: bool = False
    upheld: bytes | None = None
    suspension: Suspension = RUNNING
    entered: Mapping[Phase, int] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot; `openings` by part. `ended`: how it ended after part 1, if it did."""

    bids: Mapping[Address, Bid] = field(default_factory=lambda: _NOTHING)
    openings: Mapping[int, OpeningRecorded] = field(default_factory=lambda: _NOTHING)
    is_closed: bool = False
    is_settled: bool = False
    ended: Phase = Phase.UNKNOWN
    course: Course = Course()


@dataclass(frozen=True, slots=True)
class Objection:
    """IAwardLedger.Objection; no bidder where the buyer admitted it.

    `subject` is what of its stage it is about: see `subject_of`.
    """

    lot: int
    stage: Stage
    subject: int
    bidder: Address
    digest: bytes
    lodged_at: int
    due_at: int
    outcome: Outcome = Outcome.OPEN
    answered_at: int = 0

    def is_overdue(self, at: int) -> bool:
        """Whether it is open after the contract's end, in seconds; see `dues.is_overdue`."""
        return self.outcome is Outcome.OPEN and at >= self.due_at


@dataclass(frozen=True, slots=True)
class Complaint:
    """IAwardLedger.Complaint; `moved_at` when it was filed or moved last, in Unix seconds."""

    lot: int
    stage: Stage
    objection: bytes
    state: ComplaintState
    moved_at: int


UNDECIDED: Final = frozenset(
    (ComplaintState.PENDING, ComplaintState.ACCEPTED, ComplaintState.SATISFIED)
)
"""States in which a complaint blocks an award where the policy says so."""


@dataclass(frozen=True, slots=True)
class TenderState:
    """Everything that a tender's events told.

    `docs` are the digests of the documents by version, the first at 0; `basis` the version of the
    last amendment that affects bids. `ends` by part, as they stand without the time of a present
    suspension. `released` holds the trustees' secrets by index, by part. `ended_at` is when it was
    ended as a whole, in Unix seconds, 0 unless it was.
    """

    id: TenderId
    announcement: Announcement
    terms: Terms
    published_at: int
    docs: tuple[bytes, ...]
    basis: int
    ends: Mapping[int, Ends]
    lots: tuple[Lot, ...]
    questions: Mapping[bytes, bytes | None] = field(default_factory=lambda: _NOTHING)
    asked_at: Mapping[bytes, int] = field(default_factory=lambda: _NOTHING)
    released: Mapping[int, Mapping[int, bytes]] = field(default_factory=lambda: _NOTHING)
    suspension: Suspension = RUNNING
    ended: Phase = Phase.UNKNOWN
    ended_at: int = 0
    objections: Mapping[bytes, Objection] = field(default_factory=lambda: _NOTHING)
    complaints: Mapping[bytes, Complaint] = field(default_factory=lambda: _NOTHING)

    @property
    def current_part(self) -> int:
        """The part that is being opened or was last: 2 once it is scheduled."""
        return max(self.ends)

    def lot(self, number: int) -> Lot:
        """Return a lot; raise `LotUnknown`."""
        if not 0 <= number < len(self.lots):
            raise LotUnknown(number)
        return self.lots[number]

    def counts(self, bid: Bid) -> bool:
        """Whether a bid is live: under DROP it names documents of the basis or newer."""
        if bid.state is not BidState.LIVE:
            return False
        return not self.terms.drops_stale_bids or bid.docs_version >= self.basis

    def live(self, number: int) -> tuple[Bid, ...]:
        """Return the bids of a lot that count, in the order of their keys' first appearance."""
        return tuple(bid for bid in self.lot(number).bids.values() if self.counts(bid))

    def disclosed(self, number: int, part: int) -> tuple[Bid, ...]:
        """Return the live bids of a lot whose bidders' secret of a part is out."""
        return tuple(bid for bid in self.live(number) if part in bid.disclosed)

    def recovered(self, number: int, part: int) -> tuple[Bid, ...]:
        """Return the live bids of a lot whose shared secret their bidders posted."""
        return tuple(bid for bid in self.live(number) if part in bid.recovered)

    def is_opened(self, part: int) -> bool:
        """Whether as many trustees as it takes have spoken."""
        return len(self.released.get(part, ())) >= self.announcement.threshold


def subject_of(state: TenderState, number: int, stage: Stage) -> int:
    """Return what an objection of a stage is about now; raise `LotUnknown`.

    The version of the documents, the part that is opened, or which notice of the lot it is.
    """
    if stage is Stage.DOCUMENTS:
        return len(state.docs)
    return state.current_part if stage is Stage.OPENING else state.lot(number).course.notices


def on_lot(state: TenderState, number: int, change: Callable[[Lot], Lot]) -> TenderState:
    """Return the tender with one lot changed; raise `LotUnknown`."""
    lot = change(state.lot(number))
    return replace(state, lots=(*state.lots[:number], lot, *state.lots[number + 1 :]))
