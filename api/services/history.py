"""What became of a licence: its status at any time, and every change with who asked for it.

The chain's events say what happened; what was asked for here says who wanted it, and what waits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.services.licences import Licences
from api.services.renewal import Entries, own_events
from api.store.batches import BatchStore
from api.store.changes import ChangeRow, ChangeStore
from api.store.licences import LicenceRow
from ledger.events import StatusChanged
from ledger.values import OPEN_END, Address, Digest, Status
from ledger.verification.history import Effective, status_at


@dataclass(frozen=True, slots=True)
class StatusThen:
    """A licence's status at a time, in Unix seconds, by the events known now.

    `known_then` is what anybody could know at the time. Both are None, no statement, for a time
    before the anchor; `anchored_at` None: it is in no block yet.
    """

    row: LicenceRow
    at: int
    anchored_at: int | None
    effective: Effective | None = None
    known_then: Status | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether it stood at the time and was within its validity."""
        stands = self.effective is not None and self.effective.status is Status.VALID
        return (
            stands and self.row.nbf <= self.at and (self.row.exp is None or self.at < self.row.exp)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: what is `said` of it, the chain's `event`, what was asked for here, or both."""

    said: StatusChanged | ChangeRow
    event: StatusChanged | None
    change: ChangeRow | None


class Histories:
    """Answers for accounts with a role of the licence's agency."""

    def __init__(
        self,
        licences: Licences,
        batches: BatchStore,
        changes: ChangeStore,
        entries: Entries,
        clock: Callable[[], int],
    ) -> None:
        self._licences = licences
        self._batches = batches
        self._changes = changes
        self._entries = entries
        self._clock = clock

    def status_at(self, digest: Digest, at: int | None, by: Address) -> StatusThen:
        """Return the status at `at`, past or future, None for now; raise as `Licences.own`."""
        row = self._licences.own(digest, by)
        moment = self._clock() if at is None else at
        anchored = self._batches.place_of(digest).anchored
        if anchored is None or moment < anchored.block_time:
            return StatusThen(row, moment, None if anchored is None else anchored.block_time)
        events, since = own_events(self._entries, row), anchored.block_time
        effective = status_at(events, anchored_at=since, at=moment, known_at=OPEN_END)
        then = status_at(events, anchored_at=since, at=moment, known_at=moment)
        return StatusThen(row, moment, since, effective, then.status)

    def entries(self, digest: Digest, by: Address) -> tuple[Entry, ...]:
        """Return the changes in chain order, then those not on chain; raise as `Licences.own`."""
        row = self._licences.own(digest, by)
        asked = self._changes.of(digest)
        by_transaction = {change.transaction: change for change in asked if change.transaction}
        events = own_events(self._entries, row)
        happened = [Entry(e, e, by_transaction.get(e.place.transaction)) for e in events]
        told = {event.place.transaction for event in events}
        return (*happened, *(Entry(c, None, c) for c in asked if c.transaction not in told))
