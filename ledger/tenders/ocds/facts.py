"""What is public about one tender at one moment, as a release tells it.

Facts hold what the ledger and the buyer say, in the ledger's words; `releases` says it in OCDS's.
Times are Unix seconds, digests raw bytes, amounts decimal strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ledger.merkle import Proof
from ledger.values import AgencyId, LedgerRef, Root


class LotState(StrEnum):
    """Where a lot stands: the states of the tender ledger, VOIDED and TERMINATED among them."""

    DRAFT = "draft"
    RECEIVING = "receiving"
    LISTING = "listing"
    FAILED_FEW = "failedFew"
    DISCLOSURE = "disclosure"
    RELEASE = "release"
    FALLBACK = "fallback"
    OPENED = "opened"
    NOT_OPENED = "notOpened"
    EVALUATED = "evaluated"
    ALL_REJECTED = "allRejected"
    NOTICE = "notice"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    TERMINATED = "terminated"
    VOIDED = "voided"


ALWAYS_OPENED: Final = frozenset(
    {
        LotState.OPENED,
        LotState.EVALUATED,
        LotState.ALL_REJECTED,
        LotState.NOTICE,
        LotState.AWARDED,
        LotState.CONTRACTED,
    }
)
"""States that a lot reaches through its opening alone."""
ENDED_EARLY: Final = frozenset({LotState.TERMINATED, LotState.VOIDED})
"""Exits that a lot may take before its opening and after it."""


class Change(StrEnum):
    """What happened that a release is published for."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    AMENDED = "amended"
    ANSWERED = "answered"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CLOSED = "closed"
    OPENED = "opened"
    FAILED = "failed"
    REPORTED = "reported"
    NOTICED = "noticed"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    TERMINATED = "terminated"
    VOIDED = "voided"


class BidOutcome(StrEnum):
    """What became of a bid that was live when its lot closed, or was withdrawn before."""

    OPENED = "opened"  # not judged yet
    VALID = "valid"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UNDISCLOSED = "undisclosed"


class IntegrityScheme(StrEnum):
    """How a digest over a document's bytes was made; codes of `integrityScheme.csv`."""

    SHA256 = "sha2-256"
    KECCAK256 = "keccak-256"
    SM3 = "sm3"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as a decimal string, and its ISO 4217 code."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time, `start` inside and `end` outside."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """How a document's digest leads to a root."""

    proof: Proof
    root: Root


@dataclass(frozen=True, slots=True)
class AnchorFacts:
    """Where a root, or a digest itself, was written."""

    ledger: LedgerRef
    agency: AgencyId
    transaction: bytes
    block: int
    block_time: int


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A public document; `type` is a code of OCDS's documentType.csv or `openingRecord`."""

    id: str
    type: str
    title: str
    published_at: int
    digests: Mapping[IntegrityScheme, bytes]
    url: str | None = None
    media_type: str | None = None
    language: str | None = None
    inclusion: Inclusion | None = None
    anchor: AnchorFacts | None = None


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """An organisation as its identifier's register knows it (`CN-USCI`: 统一社会信用代码).

    `scheme` is empty where nobody knows the register.
    """

    id: str
    name: str
    scheme: str
    code: str


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot 标段; `was_opened` tells of TERMINATED and VOIDED lots whether bids were read out."""

    number: int
    title: str
    state: LotState
    was_opened: bool = False

    @property
    def is_opened(self) -> bool:
        """Whether its bids are public."""
        return self.state in ALWAYS_OPENED or (self.state in ENDED_EARLY and self.was_opened)


@dataclass(frozen=True, slots=True)
class BidFacts:
    """A bid of an opened lot; whose it was is unknown unless it was opened."""

    id: str
    lot: int
    outcome: BidOutcome
    at: int
    tenderers: tuple[str, ...] = ()
    value: Money | None = None
    documents: tuple[DocumentFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class AwardFacts:
    """Who is to get a lot, from the notice 公示 on; `bids` are the ids of the winning ones.

    `value` is None where no price was asked for; a review that was ordered drops the award.
    """

    id: str
    lot: int
    title: str
    at: int
    value: Money | None
    suppliers: tuple[str, ...]
    bids: tuple[str, ...]
    documents: tuple[DocumentFacts, ...] = ()
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """The contract about an award; `signed_at` is None until both sides signed."""

    id: str
    award: str
    title: str
    value: Money | None
    signed_at: int | None = None
    period: Period | None = None
    documents: tuple[DocumentFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class SuspensionFacts:
    """A time in which the tender stood still; `end` is None while it does."""

    id: str
    start: int
    end: int | None
    rationale: str


@dataclass(frozen=True, slots=True)
class AmendmentFacts:
    """One addendum to the documents."""

    id: str
    at: int
    rationale: str


@dataclass(frozen=True, slots=True)
class OpeningFacts:
    """The last opening record: when it was written, and the SHA-256 of its RFC 8785 bytes."""

    at: int
    record_digest: bytes


@dataclass(frozen=True, slots=True)
class PlanningFacts:
    """Why there is to be a tender, and what it may cost."""

    rationale: str
    budget: Money | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where on chain the change stands that a release is for."""

    block: int
    log_index: int


@dataclass(frozen=True, slots=True)
class TenderFacts:
    """Everything public about a tender after one change to it.

    `at` is the change's block time, `place` None for a draft, which no block knows. `submission`
    is the period in force, every shift by amendments and suspensions counted in.
    """

    project: str
    change: Change
    at: int
    place: Place | None
    title: str
    description: str
    currency: str
    buyer: str
    organisations: tuple[OrganisationFacts, ...]
    lots: tuple[LotFacts, ...]
    submission: Period
    agent: str | None = None
    supervisor: str | None = None
    enquiry: Period | None = None
    ceiling: Money | None = None
    method: str = "open"
    category: str | None = None
    criteria: str | None = None
    planning: PlanningFacts | None = None
    documents: tuple[DocumentFacts, ...] = ()
    amendments: tuple[AmendmentFacts, ...] = ()
    suspensions: tuple[SuspensionFacts, ...] = ()
    opening: OpeningFacts | None = None
    bids: tuple[BidFacts, ...] = ()
    awards: tuple[AwardFacts, ...] = ()
    contracts: tuple[ContractFacts, ...] = ()
    replaces: str | None = None
    """The ocid of the failed procedure that this one follows."""
    language: str = field(default="zh")
