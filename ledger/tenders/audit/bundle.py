"""What an outsider gathered about one tender before judging it; what is None was not gathered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.tenders.audit.cosigned import CoSigningEvidence
from ledger.tenders.committee import Rejection, Statement
from ledger.tenders.committee_paper import CommitteePaper
from ledger.tenders.draw_papers import DrawPaperMalformed
from ledger.tenders.evaluation import Criteria
from ledger.tenders.events import (
    Awarded,
    CommitteeCommitted,
    ExpertReplaced,
    PolicyRegistered,
    TenderEvent,
)
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.filings import FilingReceipt
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import MailboxPlace
from ledger.tenders.ocds.checks.finding import Known
from ledger.tenders.opening_record import Findings
from ledger.tenders.personal import Personal
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.receipts import Receipt
from ledger.tenders.refusals import Refusal
from ledger.tenders.requests import Requirement, StandingRequest
from ledger.values import AgencyId, LedgerRef, Root

Place = tuple[int, int]
"""A lot and a part of its opening."""


@dataclass(frozen=True, slots=True)
class DrawEvidence:
    """What the paper that an event anchors tells of a draw, for a committee of so many `seats`.

    `told` is the refusal of a paper that is not of its form, None where it tells of no draw or,
    unless it `is_held`, is not at hand.
    """

    event: CommitteeCommitted | ExpertReplaced
    seats: int
    told: CommitteePaper | DrawPaperMalformed | None
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class RecordPaper:
    """The paper of an anchored opening record, empty where it is not at hand.

    `stated` are the members that had to be taken as it says them, `doubts` the licences among them
    that were judged again, `differing` those that it is wrong about.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    doubts: tuple[Mapping[str, Any], ...] = ()
    differing: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationEvidence:
    """What a committee showed after its report: criteria, sheets by seat, rejections, statements.

    `criteria` come from the tender documents; `personal` is the committee's word, since nobody else
    sees people's licences.
    """

    criteria: Criteria
    sheets: Mapping[int, bytes]
    rejected: tuple[Rejection, ...] = ()
    statements: tuple[Statement, ...] = ()
    personal: tuple[Personal, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """An OCDS release, with the documents' bytes by id and the roots on chain it may name.

    With a `record` its releases are judged too: by `known`, which tells by (block, log index) what
    was so after each change (`ocds.story`).
    """

    release: Mapping[str, Any]
    contents: Mapping[str, bytes]
    anchored_at: Mapping[Root, int]
    dropped_awards: frozenset[str] = frozenset()
    record: Mapping[str, Any] | None = None
    known: Mapping[tuple[int, int], Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Whether the events are the chain's, as whoever read them found.

    `faults`: blocks that prove nothing. `open_`: what nobody vouched for. `gaps`: blocks that may
    hold an event, and whose receipts nobody has: they accuse nobody.
    """

    faults: tuple[Mapping[str, Any], ...] = ()
    open_: tuple[Mapping[str, Any], ...] = ()
    gaps: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class AwardLook:
    """An award, and the requirements whose licences no longer held then, or that nobody knows of.

    `why` is why nobody knows; `is_reason_missing` where the paper that it names is not at hand.
    """

    event: Awarded
    lapsed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    why: str = ""
    is_reason_missing: bool = False


@dataclass(frozen=True, slots=True)
class RequestEvidence:
    """The standing request for licences that the documents of a version name.

    `request` is None where nobody has it, or where it is none; `why` is why it is not known to be
    the buyer's, empty where it is. `submit_end` is the deadline that its documents came with.
    """

    agency: AgencyId
    wanted: tuple[Requirement, ...]
    submit_end: int
    request: StandingRequest | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class TenderBundle:
    """Everything at hand about one tender; events in chain order, read from a node or proven.

    `mailbox_roots` are the block times of the mailbox's roots that bids can be listed under;
    `receipts` those that an agency of the tender signed, `doubtful` tells which others there are
    and why they are in doubt, `blinds` what hides messages in mailboxes, `places` where they are
    said to lie; `filings` and `refusals` are what services signed for, or refused, `answers` what
    they say of answers by paper, `filing_doubts` as `doubtful` of both, `block_times` those of
    blocks that refusals name; `known_until` is the time, in Unix seconds, up to which no event is
    missing, None where nobody can tell; `findings` what opening the files at hand gave, `records`
    the papers that it is held against.
    """

    ledger: LedgerRef
    tender: TenderId
    events: tuple[TenderEvent | PolicyRegistered, ...]
    policy: TenderPolicy | None = None
    mailbox_roots: Mapping[bytes, int] | None = None
    receipts: tuple[Receipt, ...] | None = None
    doubtful: tuple[Mapping[str, Any], ...] = ()
    blinds: tuple[bytes, ...] = ()
    places: tuple[MailboxPlace, ...] = ()
    filings: tuple[FilingReceipt, ...] = ()
    answers: tuple[FilingAnswers, ...] = ()
    filing_doubts: tuple[Mapping[str, Any], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    block_times: Mapping[int, int] = field(default_factory=dict)
    request: RequestEvidence | None = None
    awards: tuple[AwardLook, ...] = ()
    known_until: int | None = None
    findings: Mapping[Place, Findings] | None = None
    records: Mapping[Place, RecordPaper] = field(default_factory=dict)
    co_signing: CoSigningEvidence = field(default_factory=CoSigningEvidence)
    draws: tuple[DrawEvidence, ...] | None = None
    evaluations: Mapping[Place, EvaluationEvidence] | None = None
    publication: Publication | None = None
    provenance: Provenance = Provenance()

    @property
    def own(self) -> tuple[TenderEvent, ...]:
        """The tender's own events."""
        return tuple(
            event
            for event in self.events
            if not isinstance(event, PolicyRegistered) and event.tender_id == self.tender
        )
