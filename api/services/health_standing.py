"""Whether a holder may have more passes by asking alone: not past a suspension or a revocation."""

from api.services.renewal import Entries
from api.store.health_passes import PassRow, PassStore
from ledger.errors import Refused
from ledger.values import Status


class PassesWithheld(Refused):
    """The last pass issued to the holder is suspended or revoked. Ask the authority."""


class Standing:
    """Reads it off the passes: what an officer took, no request of the holder's brings back."""

    def __init__(self, store: PassStore, entries: Entries) -> None:
        self._store = store
        self._entries = entries

    def live(self, holder: bytes, now: int) -> list[PassRow]:
        """Return the holder's passes that have not ended, in the order they were issued.

        Raises `PassesWithheld` where the last one of all is suspended or revoked.
        """
        found = self._store.of_holder(holder)
        if found and self.status(found[-1]) in {Status.SUSPENDED, Status.REVOKED}:
            raise PassesWithheld
        return [each for each in found if each.exp > now]

    def status(self, row: PassRow) -> Status:
        """Return a pass's status as the ledger has it."""
        return self._entries.status(row.agency, row.list, row.index)
