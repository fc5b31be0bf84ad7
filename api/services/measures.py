"""What an operator watches: what waits for the chain, what it cost, how old the news of it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.services.registry import Directory, HeadAge
from api.services.replica_watch import ReplicaCount, ReplicaCounts
from api.services.tender_duties import TenderDuties
from api.store.database import StoreUnavailable
from api.store.health_appeals import AppealStore
from api.store.jobs import JobState
from api.store.measures import MeasureStore, Spent
from ledger.chain.abi import load_abi
from ledger.chain.lane import Reason
from ledger.errors import Unavailable
from ledger.licences.catalogue import Catalogue
from ledger.outbox import IntentState

_DAY: Final = 86_400


class CallKind(StrEnum):
    """What a transaction of ours does."""

    ANCHOR = "anchor"
    STATUS_CHANGE = "status-change"
    OTHER = "other"


_KINDS: Final = {
    "anchor": CallKind.ANCHOR,
    "changeStatus": CallKind.STATUS_CHANGE,
    "changeStatusCosigned": CallKind.STATUS_CHANGE,
    "changeStatusCosignedByContract": CallKind.STATUS_CHANGE,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one moment; `head` None before the first block is known.

    `lag_seconds` is the age of the oldest record that is in no block, 0 without one. `jobs` counts
    those that are not over, by state. `to_renew`
    counts, by type, licences in force without successor whose end is nearer than the law wants
    their renewal to be asked for: what nobody renews by then lapses in silence.
    `mailbox_age_seconds` is None before a mailbox was ever closed; what came in is not counted.
    `overdue_appeals` counts those whose answer was due and is not there, `overdue_duties` what
    officers of tenders owe and have not done in time; it is empty before a head is known.
    `replicas` counts stores of sealed files, None before a head is known.
    `parked` counts failed intents by error, `halted` accounts by why they stand still.
    """

    lag_seconds: int
    unbatched: int
    intents: Mapping[IntentState, int]
    jobs: Mapping[JobState, int]
    to_renew: Mapping[str, int]
    parked: Mapping[str, int]
    halted: Mapping[str, int]
    overdue_appeals: int
    overdue_duties: Mapping[str, int]
    replicas: ReplicaCount | None
    spent: Mapping[CallKind, Spent]
    head: HeadAge | None
    mailbox_age_seconds: int | None


class Measures:
    """Measures service and worker alike, since both leave their traces in the database."""

    def __init__(
        self,
        store: MeasureStore,
        appeals: AppealStore,
        duties: TenderDuties,
        replicas: ReplicaCounts,
        directory: Directory,
        catalogue: Catalogue,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._appeals = appeals
        self._duties = duties
        self._replicas = replicas
        self._days = {
            kind.id: days
            for kind in catalogue.all()
            if (days := kind.validity.renew_before_days) is not None
        }
        self._directory = directory
        self._clock = clock

    def read(self) -> Measured:
        """Return the numbers of this moment; raise `StoreUnavailable`."""
        waiting = self._store.waiting()
        oldest, now = waiting.oldest_unanchored, self._clock()
        ends = {type_id: now + days * _DAY for type_id, days in self._days.items()}
        closed_at = self._store.mailbox_closed_at()
        return Measured(
            lag_seconds=0 if oldest is None else max(0, now - oldest),
            unbatched=waiting.unbatched,
            intents={state: waiting.intents.get(state.value, 0) for state in IntentState},
            jobs={
                state: waiting.jobs.get(state.value, 0) for state in JobState if not state.is_final
            },
            to_renew=self._store.running_out(now, ends),
            parked=waiting.parked,
            halted=dict.fromkeys(map(str, Reason), 0) | dict(waiting.halted),
            overdue_appeals=self._appeals.overdue(now),
            overdue_duties=self._overdue(),
            replicas=self._counted_replicas(),
            spent=_by_kind(self._store.spent()),
            head=self._head(),
            mailbox_age_seconds=None if closed_at is None else max(0, now - closed_at),
        )

    def _overdue(self) -> Mapping[str, int]:
        try:
            return {duty.value: count for duty, count in self._duties.counts().items()}
        except StoreUnavailable:
            raise
        except Unavailable:
            return {}

    def _counted_replicas(self) -> ReplicaCount | None:
        try:
            return self._replicas.read()
        except StoreUnavailable:
            raise
        except Unavailable:
            return None

    def _head(self) -> HeadAge | None:
        try:
            return self._directory.head()
        except Unavailable:
            return None


def _by_kind(spent: Mapping[bytes, Spent]) -> Mapping[CallKind, Spent]:
    functions = load_abi("RecordLedger").functions
    known = {functions[name].selector: kind for name, kind in _KINDS.items()}
    total = dict.fromkeys(CallKind, Spent())
    for selector, more in spent.items():
        kind = known.get(selector, CallKind.OTHER)
        one = total[kind]
        total[kind] = Spent(
            one.transactions + more.transactions, one.gas + more.gas, one.fees + more.fees
        )
    return total
