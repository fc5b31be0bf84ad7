"""Changes that nobody asks for by hand: a successor supersedes, a suspension's end restores."""

import hashlib
from collections.abc import Callable
from typing import Final

from api.store.changes import ChangeRow, ChangeStore
from api.store.licences import LicenceRow, LicenceStore
from api.store.registry import Registry
from ledger.events import StatusChanged
from ledger.status_list import indices_of, mask
from ledger.values import Status, WordChange

CHANGE_ID_BYTES: Final = 16
SUCCESSIONS_A_STEP: Final = 200
LAPSE_SECONDS: Final = 10
"""How often ended suspensions are looked for (proposed); readers of history need no such change."""
LAPSED: Final = 202
"""期满恢复."""
BY_SERVICE: Final = "service"


class Supersession:
    """Sets the predecessor to SUPERSEDED once its successor is anchored, with the reason given."""

    def __init__(
        self, changes: ChangeStore, licences: LicenceStore, clock: Callable[[], int]
    ) -> None:
        self._changes = changes
        self._licences = licences
        self._clock = clock

    def step(self) -> int:
        """Store the change for every successor in a batch; return how many were new."""
        found = self._changes.successions(SUCCESSIONS_A_STEP)
        rows = [
            self._change(self._licences.get(old), self._licences.get(new), reason)
            for new, old, reason in found
        ]
        if rows:
            self._changes.add(rows)
        return len(rows)

    def _change(self, old: LicenceRow, new: LicenceRow, reason: int) -> ChangeRow:
        """Return the change, to be made when the new one begins, lest the holder have none."""
        return ChangeRow(
            id=_change_id(b"supersession", new.digest),
            digest=old.digest,
            agency=old.agency,
            list=old.list,
            index=old.index,
            status=Status.SUPERSEDED,
            reason=reason,
            effective_at=0,  # the anchor's time, once there is one, or `not_before` if later
            until=0,
            requested_by=BY_SERVICE,
            requested_at=self._clock(),
            not_before=new.nbf,
            waits_for=new.digest,
        )


class Lapse:
    """Sends 202 at the end of a suspension, so that the raw bit follows what history says."""

    def __init__(
        self,
        changes: ChangeStore,
        licences: LicenceStore,
        registry: Registry,
        clock: Callable[[], int],
    ) -> None:
        self._changes = changes
        self._licences = licences
        self._registry = registry
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Store a change for each entry still suspended after its end; return how many."""
        now = self._clock()
        if now < self._next:
            return 0
        self._next = now + LAPSE_SECONDS
        rows = [
            self._change(event, row, now)
            for event in self._registry.ended_suspensions(now)
            for row in self._licences.by_places(event.agency, event.list, self._still(event))
        ]
        fresh = [row for row in rows if not self._changes.holds(row.id)]
        if fresh:
            self._changes.add(fresh)
        return len(fresh)

    def _still(self, event: StatusChanged) -> list[int]:
        """Return the entries that this event suspended and no later event touched."""
        history = self._registry.history(event.agency, event.list, event.word)
        later = 0
        for other in history[history.index(event) + 1 :]:
            later |= other.mask
        touched = indices_of(WordChange(event.word, event.mask))
        return [index for index in touched if not mask(index) & later]

    def _change(self, event: StatusChanged, row: LicenceRow, now: int) -> ChangeRow:
        """The id names the suspension by its transaction, which survives a reorganisation."""
        return ChangeRow(
            id=_change_id(b"lapse", event.place.transaction, row.digest),
            digest=row.digest,
            agency=row.agency,
            list=row.list,
            index=row.index,
            status=Status.VALID,
            reason=LAPSED,
            effective_at=event.until,
            until=0,
            requested_by=BY_SERVICE,
            requested_at=now,
        )


def _change_id(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()[:CHANGE_ID_BYTES]
