"""Whether a holder may have more passes by asking alone: not past a suspension or a revocation.

One that was ordered counts before the ledger has it, or a holder could slip out in between.
"""

from typing import Final

from api.services.renewal import Entries
from api.store.changes import ChangeStore
from api.store.health_passes import PassRow, PassStore
from ledger.errors import Refused
from ledger.values import Status


class PassesWithheld(Refused):
    """The last pass issued to the holder is suspended or revoked, or will be. Ask the authority."""


_WITHHELD: Final = frozenset({Status.SUSPENDED, Status.REVOKED})


class Standing:
    """Reads it off the passes: what an officer took, no request of the holder's brings back."""

    def __init__(self, store: PassStore, changes: ChangeStore, entries: Entries) -> None:
        self._store = store
        self._changes = changes
        self._entries = entries

    def live(self, holder: bytes, now: int) -> list[PassRow]:
        """Return the holder's passes that have not ended, in the order they were issued.

        Raises `PassesWithheld` where the last one of all is suspended or revoked, or ordered to be.
        """
        found = self._store.of_holder(holder)
        if found and self._is_withheld(found[-1], now):
            raise PassesWithheld
        return [each for each in found if each.exp > now]

    def status(self, row: PassRow) -> Status:
        """Return a pass's status as the ledger has it."""
        return self._entries.status(row.agency, row.list, row.index)

    def _is_withheld(self, row: PassRow, now: int) -> bool:
        on_its_way = self._changes.is_under_way(row.digest, _WITHHELD, now)
        return on_its_way or self.status(row) in _WITHHELD
