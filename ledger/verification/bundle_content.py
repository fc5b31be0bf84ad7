"""What an offline bundle holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.authority import Agency, DocumentKey
from ledger.events import StatusChanged
from ledger.projection import Header
from ledger.values import AgencyStatus, LedgerRef, RecordType, Root, Window
from ledger.verification.evidence import Batch


@dataclass(frozen=True, slots=True)
class AgencyRecord:
    """All that the ledger holds about one agency up to the bundle's head.

    `statuses` tell from which second on the agency had which status, in order. `lists` holds the
    words that are not 0 by list number; a list that is not there has none in a complete bundle, and
    else is not spoken of. `events` are in chain order and need no hashes.
    """

    agency: Agency
    statuses: tuple[tuple[int, AgencyStatus], ...]
    keys: tuple[DocumentKey, ...]
    accreditations: Mapping[RecordType, tuple[Window, ...]]
    batches: Mapping[Root, Batch]
    lists: Mapping[int, Mapping[int, int]]
    events: tuple[StatusChanged, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleContent:
    """A ledger's facts as of `head`; `sequence` starts at 1 and only rises, times in Unix seconds.

    `is_complete` tells that every agency of the ledger is there with all its lists, so that a
    missing one is unknown to the ledger; else a missing one is merely not spoken of.
    """

    sequence: int
    issued_at: int
    expires_at: int
    ledger: LedgerRef
    head: Header
    is_complete: bool
    agencies: tuple[AgencyRecord, ...]
