"""The signed offline bundle, made from the projection as of one block and kept for a minute."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from api.services.at_head import ChainMoving
from api.services.issuers import Issuers, SigningKeyMissing
from api.store.registry import Head, Registry
from ledger.authority import Agency
from ledger.errors import Unavailable
from ledger.events import StatusChanged
from ledger.keys import Signer
from ledger.projection import Header
from ledger.values import AgencyId, AgencyStatus, KeyUsage, LedgerRef, Root
from ledger.verification.bundle import build_bundle
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from ledger.verification.evidence import Batch

KEPT_SECONDS: Final = 60
"""How long a bundle is handed out before a new one is made (proposed)."""
LIFETIME_SECONDS: Final = 24 * 3600
"""A bundle's life, that of a status list token (proposed)."""
_TRIES: Final = 3


class BundleSignerMissing(Unavailable):
    """No key that may sign offline bundles is at hand here."""


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle and the moment it was made, in Unix seconds."""

    token: str
    issued_at: int
    block: int


class Bundles:
    """Makes offline bundles of the whole ledger."""

    def __init__(
        self, registry: Registry, issuers: Issuers, ledger: LedgerRef, clock: Callable[[], int]
    ) -> None:
        self._registry = registry
        self._issuers = issuers
        self._ledger = ledger
        self._clock = clock
        self._kept: SignedBundle | None = None
        self._lock = Lock()

    def bundle(self) -> SignedBundle:
        """Return a bundle not older than `KEPT_SECONDS`; one at a time is made.

        Raises:
            ProjectionEmpty: before the first block is in.
            BundleSignerMissing: when no such key is at hand.
            ChainMoving: when no one state of the chain could be read.
        """
        with self._lock:
            kept, now = self._kept, self._clock()
            if kept is None or now - kept.issued_at >= KEPT_SECONDS:
                kept = self._kept = self._make(now)
            return kept

    def _make(self, now: int) -> SignedBundle:
        head, records = self._one_state()
        # Of when the chain was last looked at, so that a projection put back from an older copy
        # makes an older bundle; it rises with every look, whichever process makes the bundle.
        as_of = min(now, head.seen_at)
        content = BundleContent(
            sequence=as_of,
            issued_at=as_of,
            expires_at=as_of + LIFETIME_SECONDS,
            ledger=self._ledger,
            head=Header(head.block, head.hash, head.block_time),
            is_complete=True,
            agencies=records,
        )
        agencies = [record.agency for record in records]
        return SignedBundle(build_bundle(content, self._signer(agencies)), now, head.block)

    def _one_state(self) -> tuple[Head, tuple[AgencyRecord, ...]]:
        """Return the head and the agencies' records, read while the head stood still."""
        for _ in range(_TRIES):
            head = self._registry.head()
            records = self._records()
            if self._registry.head().hash == head.hash:
                return head, records
        raise ChainMoving

    def _records(self) -> tuple[AgencyRecord, ...]:
        batches: defaultdict[AgencyId, dict[Root, Batch]] = defaultdict(dict)
        for event in self._registry.batches():
            batch = Batch(event.place.block_time, event.place.block, event.size, event.kind)
            batches[event.agency][event.root] = batch
        lists: defaultdict[AgencyId, list[int]] = defaultdict(list)
        for agency, number in self._registry.lists():
            lists[agency].append(number)
        return tuple(
            self._record(agency, batches[agency.id], lists[agency.id])
            for agency in self._registry.agencies()
        )

    def _record(
        self, agency: Agency, batches: Mapping[Root, Batch], numbers: list[int]
    ) -> AgencyRecord:
        statuses = self._registry.agency_statuses(agency.id)
        histories = [self._registry.list_history(agency.id, number) for number in numbers]
        return AgencyRecord(
            agency=agency,
            statuses=tuple((e.place.block_time, AgencyStatus(e.status)) for e in statuses),
            keys=self._registry.keys(agency.id),
            accreditations=self._registry.accreditations(agency.id),
            batches=batches,
            lists={number: self._words(agency.id, number) for number in numbers},
            events=_in_chain_order(histories),
        )

    def _words(self, agency: AgencyId, number: int) -> Mapping[int, int]:
        return {
            word: value for word, value in self._registry.words(agency, number).items() if value
        }

    def _signer(self, agencies: list[Agency]) -> Signer:
        for agency in agencies:
            if agency.status is AgencyStatus.ACTIVE:
                try:
                    return self._issuers.signer(agency.id, KeyUsage.BUNDLES)
                except SigningKeyMissing:
                    continue
        raise BundleSignerMissing


def _in_chain_order(histories: list[tuple[StatusChanged, ...]]) -> tuple[StatusChanged, ...]:
    found = [event for history in histories for event in history]
    return tuple(sorted(found, key=lambda event: (event.place.block, event.place.log_index)))
