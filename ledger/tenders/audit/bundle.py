"""What an outsider gathered about one tender before judging it; what is None was not gathered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.tenders.committee import Rejection, Statement
from ledger.tenders.draw import Setting
from ledger.tenders.evaluation import Criteria
from ledger.tenders.events import PolicyRegistered, TenderEvent
from ledger.tenders.feldman import Deal
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_record import Findings
from ledger.tenders.policy.document import TenderPolicy
from ledger.values import Address, LedgerRef, Root

Place = tuple[int, int]
"""A lot and a part of its opening."""


@dataclass(frozen=True, slots=True)
class DrawEvidence:
    """A draw as it was held: the drawers' addresses, deals, acknowledgements, scalars, members.

    `anchored_at` are the block times of, in this order: pool, recusals and quotas; addresses;
    deals and acknowledgements; the first scalar. `declined` as `draw.draw` takes it.
    """

    setting: Setting
    anchored: tuple[Address, ...]
    deals: tuple[Deal, ...]
    acknowledged: Mapping[tuple[int, int], bytes]
    scalars: tuple[bytes, ...]
    declined: tuple[bytes, ...]
    members: tuple[bytes, ...]
    anchored_at: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class EvaluationEvidence:
    """What a committee showed after its report: criteria, sheets by seat, rejections, statements.

    `criteria` come from the tender documents.
    """

    criteria: Criteria
    sheets: Mapping[int, bytes]
    rejected: tuple[Rejection, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """An OCDS release, with the documents' bytes by id and the roots on chain it may name."""

    release: Mapping[str, Any]
    contents: Mapping[str, bytes]
    anchored_at: Mapping[Root, int]


@dataclass(frozen=True, slots=True)
class TenderBundle:
    """Everything at hand about one tender; events in chain order, read from a node or proven.

    `mailbox_roots` are the block times of the mailbox's roots; `receipts` the digests of messages
    that somebody holds a receipt for; `findings` what opening the files gave.
    """

    ledger: LedgerRef
    tender: TenderId
    events: tuple[TenderEvent | PolicyRegistered, ...]
    policy: TenderPolicy | None = None
    mailbox_roots: Mapping[bytes, int] | None = None
    receipts: tuple[bytes, ...] | None = None
    findings: Mapping[Place, Findings] | None = None
    draws: tuple[DrawEvidence, ...] | None = None
    evaluations: Mapping[Place, EvaluationEvidence] | None = None
    publication: Publication | None = None

    @property
    def own(self) -> tuple[TenderEvent, ...]:
        """The tender's own events."""
        return tuple(
            event
            for event in self.events
            if not isinstance(event, PolicyRegistered) and event.tender_id == self.tender
        )
