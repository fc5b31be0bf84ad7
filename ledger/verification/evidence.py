"""What a verifier gathered before it judges: from a node, the service's projection or a bundle.

Gathering is I/O and happens elsewhere; these are the plain values that the rules read.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.authority import Agency, DocumentKey
from ledger.events import StatusChanged
from ledger.values import AgencyId, AgencyStatus, Digest, KeyId, LedgerRef, RecordType, Root
from ledger.verification.proof_file import ProofFile

NO_LIST: Final = -1
"""Stands for the list of a query that asks for no status."""


class Source(StrEnum):
    """Who said it."""

    NODE = "node"
    PROJECTION = "projection"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Query:
    """What a document and its proof name, to ask a ledger about; IVerificationLens.Query.

    `root` None means that there is no proof; the ledger is then asked about the zero root.
    `list` may be `NO_LIST`.
    """

    agency: AgencyId
    root: Root | None
    key_id: KeyId
    record_type: RecordType
    list: int
    word: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch on chain; `anchored_at` is its block's time in Unix seconds."""

    anchored_at: int
    block: int
    size: int
    kind: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a ledger says about one document's agency, root, key, type and status word.

    `block` and `block_time` are the head's; `read_at` is when the source last knew it for the head,
    by the asker's clock (a quiet chain has an old head without being stale). Facts "then" are those
    of the block that anchored the root, or of the head when there is no such batch. None means
    that the ledger knows of no such thing; `status_word` None means that the source did not say.
    `finalized` is the newest block that the chain calls so, None where the source did not say.
    """

    source: Source
    ledger: LedgerRef
    block: int
    block_time: int
    read_at: int
    batch: Batch | None
    agency: Agency | None
    agency_status_then: AgencyStatus
    key: DocumentKey | None
    accredited_then: bool
    status_word: int | None
    finalized: int | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody could say; `since` is when somebody last could, in Unix seconds, where known."""

    reason: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class ListToken:
    """A status list token as received, and the key that its `kid` names, if the agency has it."""

    token: str
    key: DocumentKey | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything at hand about one document.

    `history` holds the status events of the document's word in chain order; None: not gathered.
    `successor` is the document that replaced this one, where the source knows it.
    """

    proof: ProofFile | None
    reading: Reading | Unreachable
    history: tuple[StatusChanged, ...] | None = None
    status_list: ListToken | None = None
    successor: Digest | None = None
