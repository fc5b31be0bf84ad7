"""What the TenderLedger and the AwardLedger said; one class per event, named as there.

Each carries the `Place` it was emitted at. Enumerations are those of the interfaces.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ledger.events import Event
from ledger.tenders.ids import TenderId
from ledger.tenders.messages import SubmitBid
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import Terms
from ledger.values import Address, AgencyId, JurisdictionId


class Phase(IntEnum):
    """ITenderLedger.Phase: where a lot, or one part of its opening, stands."""

    UNKNOWN = 0
    RECEIVING = 1
    LISTING = 2
    WAITING = 3  # part 2, not yet scheduled
    DISCLOSURE = 4
    RELEASE = 5
    FALLBACK = 6
    OPENED = 7
    FAILED_FEW = 8
    NOT_OPENED = 9
    COMMITTED = 10
    EVALUATED = 11
    ALL_REJECTED = 12
    NOTICE = 13
    AWARDED = 14
    CONTRACTED = 15
    TERMINATED = 16
    VOIDED = 17


FINAL_PHASES: Final = frozenset(
    (
        Phase.FAILED_FEW,
        Phase.NOT_OPENED,
        Phase.ALL_REJECTED,
        Phase.TERMINATED,
        Phase.VOIDED,
    )
)
"""Exits: a lot that reached one stays there, save that a supervisor may void it."""


class Stage(IntEnum):
    """IAwardLedger.Stage: what an objection or complaint is about."""

    DOCUMENTS = 0
    OPENING = 1
    RESULT = 2
    OTHER = 3  # complaints only


class Outcome(IntEnum):
    """IAwardLedger.Outcome: how an objection was answered."""

    OPEN = 0
    DISMISSED = 1
    UPHELD = 2


class DrawState(IntEnum):
    """IAwardLedger.DrawState: how far a draw of experts is, each state from the one before."""

    NONE = 0
    BEGUN = 1
    JOINED = 2
    DEALT = 3
    REVEALED = 4


class ComplaintState(IntEnum):
    """IAwardLedger.ComplaintState."""

    NONE = 0
    PENDING = 1
    MISTAKEN = 2
    ACCEPTED = 3
    INVALID = 4
    DECLINED = 5
    SATISFIED = 6
    STOPPED = 7
    RESOLVED = 8


@dataclass(frozen=True, slots=True)
class Trustee:
    """ITenderLedger.Trustee: the address of the secret it will release, and whose it is."""

    key: Address
    group: bytes


@dataclass(frozen=True, slots=True)
class Announcement:
    """ITenderLedger.Announcement; ids of 32 bytes, zeros where there is none.

    Trustee i of part p is `trustees[(p - 1) * n + i - 1]`, with n for each part.
    """

    agency: AgencyId
    ref: bytes
    policy: bytes
    docs: bytes
    previous: bytes
    mailbox: bytes
    bond_authority: Address
    lots: int
    parts: int
    threshold: int
    ends: Ends
    trustees: tuple[Trustee, ...]

    def trustees_of(self, part: int) -> tuple[Trustee, ...]:
        """Return the trustees of a part, number 1 first."""
        count = len(self.trustees) // self.parts
        return self.trustees[(part - 1) * count : part * count]


@dataclass(frozen=True, slots=True)
class PolicyRegistered(Event):
    """ITenderPolicies.PolicyRegistered."""

    jurisdiction: JurisdictionId
    policy: bytes
    terms: Terms


@dataclass(frozen=True, slots=True)
class TenderEvent(Event):
    """Any event about one tender."""

    tender_id: TenderId


@dataclass(frozen=True, slots=True)
class LotEvent(TenderEvent):
    """Any event about one lot."""

    lot: int


@dataclass(frozen=True, slots=True)
class TenderPublished(TenderEvent):
    """ITenderLedger.TenderPublished."""

    agency: AgencyId
    announcement: Announcement


@dataclass(frozen=True, slots=True)
class TenderAmended(TenderEvent):
    """ITenderLedger.TenderAmended; `ends` as they stand, without the time of a suspension."""

    version: int
    docs: bytes
    affects_bids: bool
    ends: Ends


@dataclass(frozen=True, slots=True)
class QuestionAsked(TenderEvent):
    """ITenderLedger.QuestionAsked."""

    question: bytes


@dataclass(frozen=True, slots=True)
class QuestionAnswered(TenderEvent):
    """ITenderLedger.QuestionAnswered."""

    question: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class BidSubmitted(LotEvent):
    """ITenderLedger.BidSubmitted; `root` zeros when it came direct."""

    bidder: Address
    bid: SubmitBid
    docs_version: int
    shares: bytes
    signature: bytes
    bond_signature: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class BidWithdrawn(LotEvent):
    """ITenderLedger.BidWithdrawn; `root` zeros when it came direct."""

    bidder: Address
    version: int
    valid_until: int
    signature: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class LotFailed(LotEvent):
    """ITenderLedger.LotFailed: told once, and true without being told."""

    part: int
    phase: Phase
    live: int
    disclosed: int


@dataclass(frozen=True, slots=True)
class SecretDisclosed(LotEvent):
    """ITenderLedger.SecretDisclosed: s_b."""

    bidder: Address
    part: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class TrusteeReleased(TenderEvent):
    """ITenderLedger.TrusteeReleased: sk_i; `index` from 1."""

    part: int
    index: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class SecretRecovered(LotEvent):
    """ITenderLedger.SecretRecovered: s_c, given by its bidder."""

    bidder: Address
    part: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class OpeningRecorded(LotEvent):
    """ITenderLedger.OpeningRecorded; `opened` 0 makes the lot NOT_OPENED."""

    part: int
    digest: bytes
    opened: int


@dataclass(frozen=True, slots=True)
class BidsRejected(LotEvent):
    """ITenderLedger.BidsRejected: their prices stay sealed."""

    bidders: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class PartScheduled(TenderEvent):
    """ITenderLedger.PartScheduled."""

    part: int
    ends: Ends


@dataclass(frozen=True, slots=True)
class DisclosureExtended(TenderEvent):
    """ITenderLedger.DisclosureExtended."""

    part: int
    trustee: int
    signature: bytes
    ends: Ends


@dataclass(frozen=True, slots=True)
class TenderHeld(TenderEvent):
    """ITenderLedger.TenderHeld: one ground more; `objection` zeros for a supervisor's order."""

    objection: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class HoldLifted(TenderEvent):
    """ITenderLedger.HoldLifted: one ground less."""

    objection: bytes


@dataclass(frozen=True, slots=True)
class TenderResumed(TenderEvent):
    """ITenderLedger.TenderResumed: every end that lay ahead moved by `shift` seconds."""

    shift: int


@dataclass(frozen=True, slots=True)
class TenderTerminated(TenderEvent):
    """ITenderLedger.TenderTerminated."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class TenderVoided(TenderEvent):
    """ITenderLedger.TenderVoided."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class LotSettled(LotEvent):
    """ITenderLedger.LotSettled: it ended after part 1, or its report is in (`ended` UNKNOWN)."""

    ended: Phase


@dataclass(frozen=True, slots=True)
class LotAwarded(LotEvent):
    """ITenderLedger.LotAwarded."""


@dataclass(frozen=True, slots=True)
class DrawEvent(LotEvent):
    """Any event about one round of a lot's draw of experts, from 1."""

    round: int


@dataclass(frozen=True, slots=True)
class DrawBegun(DrawEvent):
    """IAwardLedger.DrawBegun: SHA-256 of the setting; a round not dealt before is given up."""

    part: int
    setting: bytes


@dataclass(frozen=True, slots=True)
class DrawJoined(DrawEvent):
    """IAwardLedger.DrawJoined: the addresses of the drawers' secrets, in their order."""

    keys: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class DrawDealt(DrawEvent):
    """IAwardLedger.DrawDealt: SHA-256 of all deals with all acknowledgements."""

    deals: bytes


@dataclass(frozen=True, slots=True)
class DrawRevealed(DrawEvent):
    """IAwardLedger.DrawRevealed: the secret of a drawer's key."""

    key: Address
    secret: bytes


@dataclass(frozen=True, slots=True)
class CommitteeCommitted(LotEvent):
    """IAwardLedger.CommitteeCommitted."""

    part: int
    digest: bytes
    seats: int


@dataclass(frozen=True, slots=True)
class ScoreCommitted(LotEvent):
    """IAwardLedger.ScoreCommitted; `seat` from 1."""

    part: int
    digest: bytes
    seat: int


@dataclass(frozen=True, slots=True)
class ExpertReplaced(LotEvent):
    """IAwardLedger.ExpertReplaced: the seat's score is void (招标投标法实施条例 art. 48)."""

    part: int
    digest: bytes
    seat: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class ReportRecorded(LotEvent):
    """IAwardLedger.ReportRecorded: candidates by rank; of part 1 of 2 the rejected bids."""

    part: int
    digest: bytes
    bidders: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class AllRejected(LotEvent):
    """IAwardLedger.AllRejected."""

    part: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class NoticePublished(LotEvent):
    """IAwardLedger.NoticePublished."""

    digest: bytes
    until: int


@dataclass(frozen=True, slots=True)
class ReviewOrdered(LotEvent):
    """IAwardLedger.ReviewOrdered: all scores are void."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Awarded(LotEvent):
    """IAwardLedger.Awarded; `reason` zeros for the first candidate."""

    winner: Address
    digest: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Contracted(LotEvent):
    """IAwardLedger.Contracted; `record` is the digest of the OCDS record."""

    digest: bytes
    record: bytes


@dataclass(frozen=True, slots=True)
class LotTerminated(LotEvent):
    """IAwardLedger.LotTerminated."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class LotVoided(LotEvent):
    """IAwardLedger.LotVoided."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class ObjectionLodged(LotEvent):
    """IAwardLedger.ObjectionLodged; no bidder and no signature where the buyer admits it."""

    objection: bytes
    stage: Stage
    bidder: Address
    digest: bytes
    due_at: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class ObjectionAnswered(TenderEvent):
    """IAwardLedger.ObjectionAnswered."""

    objection: bytes
    outcome: Outcome
    digest: bytes


@dataclass(frozen=True, slots=True)
class ComplaintFiled(LotEvent):
    """IAwardLedger.ComplaintFiled."""

    complaint: bytes
    stage: Stage
    objection: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class ComplaintMoved(TenderEvent):
    """IAwardLedger.ComplaintMoved."""

    complaint: bytes
    state: ComplaintState
    digest: bytes


@dataclass(frozen=True, slots=True)
class LotHeld(LotEvent):
    """IAwardLedger.LotHeld."""

    objection: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class LotHoldLifted(LotEvent):
    """IAwardLedger.LotHoldLifted."""

    objection: bytes


@dataclass(frozen=True, slots=True)
class LotResumed(LotEvent):
    """IAwardLedger.LotResumed."""

    shift: int
