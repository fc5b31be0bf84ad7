"""Refusals of sealed tenders that several modules raise, and that the TenderLedger declares.

Where the contract declares an error, its values are the contract's. A signature that is not the
bidder's is `BidSignatureInvalid`: `SignatureInvalid` is the document keys' own.
"""

from dataclasses import dataclass
from enum import IntEnum

from ledger.errors import Refused

# A bid, replacement or withdrawal on its way in.


@dataclass(eq=False)
class BidLate(Refused):
    """The bid, replacement or withdrawal came at the deadline or after it."""

    deadline: int
    block_time: int


@dataclass(eq=False)
class MessageExpired(Refused):
    """The message was kept too long before it was sent. Sign it again."""

    valid_until: int
    block_time: int


@dataclass(eq=False)
class BidVersionStale(Refused):
    """The bid has that version or a higher one already."""

    current: int
    given: int


@dataclass(eq=False)
class DocumentsOutdated(Refused):
    """The bid names documents never published, or amended since in a way that affects bids."""

    current: bytes


@dataclass(eq=False)
class BidSignatureInvalid(Refused):
    """The signature is not that of the bidder whom the message names."""

    bidder: str


@dataclass(eq=False)
class LotUnknown(Refused):
    """The tender has no such lot."""

    lot: int


@dataclass(eq=False)
class PartsMismatch(Refused):
    """The bid has more or fewer envelopes than the tender asks for."""

    expected: int
    given: int


@dataclass(eq=False)
class SharesMismatch(Refused):
    """The shares for the trustees are not those of the message, or too many or too few."""

    part: int


@dataclass(eq=False)
class NotSealed(Refused):
    """The file is not sealed: it is no age v1 file with exactly one X25519 recipient."""


@dataclass(eq=False)
class DigestMismatch(Refused):
    """The file is not the one that was committed: its SHA-256 differs."""

    expected: bytes
    given: bytes


@dataclass(eq=False)
class BondNotAttested(Refused):
    """No guarantor whom the tender names has signed for the bid's bond."""


@dataclass(eq=False)
class UploadIncomplete(Refused):
    """The file had not arrived whole by the deadline."""

    received: int
    size: int


# Disclosure, release, recovery.


@dataclass(eq=False)
class WindowNotOpen(Refused):
    """It is too early for this step."""

    opens_at: int
    block_time: int


@dataclass(eq=False)
class WindowClosed(Refused):
    """It is too late for this step."""

    closed_at: int
    block_time: int


@dataclass(eq=False)
class CommitmentMismatch(Refused):
    """The secret is not the one that the bid committed itself to."""

    expected: bytes
    given: bytes


@dataclass(eq=False)
class AlreadyDone(Refused):
    """That was done before; the first result stands."""


@dataclass(eq=False)
class TrusteeKeyInvalid(Refused):
    """The secret is not that of the trustee's key, or is written as no secret is."""

    part: int
    index: int


# The tender as a whole.


@dataclass(eq=False)
class TooFewBids(Refused):
    """There are fewer bids than the law asks for; nothing is opened."""

    count: int
    minimum: int


@dataclass(eq=False)
class TenderSuspended(Refused):
    """The tender is suspended."""

    since: int


@dataclass(eq=False)
class ObjectionOpen(Refused):
    """An objection is not answered yet."""

    id: bytes


@dataclass(eq=False)
class ComplaintOpen(Refused):
    """A complaint is not decided yet."""

    id: bytes


@dataclass(eq=False)
class ObjectionFirst(Refused):
    """A complaint of this kind has to name an objection that was answered (实施条例 art. 60)."""


@dataclass(eq=False)
class NoticeRunning(Refused):
    """The notice of candidates is still running."""

    until: int
    block_time: int


@dataclass(eq=False)
class OpeningInProgress(Refused):
    """An opening, once begun, runs out."""

    part: int


class Rule(IntEnum):
    """ITenderLedger.Rule: the number that breaks the policy, or a bound of the ledger itself."""

    SUBMISSION = 0
    AMENDMENT = 1
    NOTICE = 2
    LIST_WINDOW = 3
    DISCLOSE_WINDOW = 4
    RELEASE_WINDOW = 5
    FALLBACK_WINDOW = 6
    BIDS = 7
    DISCLOSED = 8
    LOTS = 9
    PARTS = 10
    TRUSTEES = 11
    THRESHOLD = 12
    GROUP = 13
    MAILBOX = 14
    BOND_AUTHORITY = 15
    START = 16
    SEATS = 17
    BIDDERS = 18
    CANDIDATES = 19
    OPENED = 20


@dataclass(eq=False)
class PolicyViolated(Refused):
    """A number breaks the policy that the tender is held under; `rule` is one of `Rule`."""

    rule: int
    required: int
    given: int


@dataclass(eq=False)
class TenderNotOpen(Refused):
    """The tender is not in a phase that takes this step."""

    phase: int


# Steps and their order.


@dataclass(eq=False)
class TenderUnknown(Refused):
    """Nothing was ever published under this name."""

    tender_id: bytes


@dataclass(eq=False)
class PartUnknown(Refused):
    """The tender has no such part."""

    part: int


@dataclass(eq=False)
class EndNotLater(Refused):
    """An end may move later only."""

    present: int
    given: int


@dataclass(eq=False)
class NotDisclosed(Refused):
    """The bidder has not disclosed its secret of this part."""

    bidder: str


@dataclass(eq=False)
class BidRejected(Refused):
    """The technical report rejects the bid: its price stays sealed."""

    bidder: str


@dataclass(eq=False)
class OpeningNotRecorded(Refused):
    """The opening of the part is not recorded."""

    lot: int
    part: int


@dataclass(eq=False)
class StepForbidden(Refused):
    """The phase does not allow the step."""

    step: int
    phase: int


@dataclass(eq=False)
class ScoresMissing(Refused):
    """Not every seat has scored."""

    scored: int
    seats: int


@dataclass(eq=False)
class GroundMissing(Refused):
    """Nothing on the result was upheld, so there is nothing to review."""


@dataclass(eq=False)
class NotCandidate(Refused):
    """The bidder is no candidate."""

    bidder: str


@dataclass(eq=False)
class ReasonMissing(Refused):
    """Another than the first candidate wins for a reason only (招标投标法实施条例 art. 55)."""

    bidder: str


@dataclass(eq=False)
class ComplaintTransitionIllegal(Refused):
    """A complaint does not move that way."""

    from_: int
    to: int


# What opening finds.


@dataclass(eq=False)
class SharesBad(Refused):
    """The shares in the bid's envelopes do not join to the secret that it committed itself to."""

    part: int
    broken: tuple[int, ...]


@dataclass(eq=False)
class UnsealedInvalid(Refused):
    """The bid's file opens, but is not what was committed or not of the form that bids have."""

    reason: str


@dataclass(eq=False)
class OpeningDiffers(Refused):
    """The opening record that was made here is another than the one at hand."""

    expected: bytes
    given: bytes
