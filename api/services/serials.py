"""Serial numbers, taken from the store in blocks: one commit serves many single licences.

What a process had taken and not used when it ended is never used; serials are unique, not gapless.
"""

from collections import defaultdict, deque
from threading import Lock
from typing import Final, Protocol

from ledger.values import AgencyId

BLOCK: Final = 64
"""Serials taken at once (proposed)."""


class SerialStore(Protocol):
    """Whoever never gives a serial number twice."""

    def take_serials(self, agency: AgencyId, type_id: str, count: int) -> range:
        """Take `count` numbers, in one transaction."""


class Serials:
    """Gives serial numbers, rising for each agency and type; safe for several threads."""

    def __init__(self, store: SerialStore) -> None:
        self._store = store
        self._taken: defaultdict[tuple[AgencyId, str], deque[int]] = defaultdict(deque)
        self._lock = Lock()

    def take(self, agency: AgencyId, type_id: str, count: int) -> list[int]:
        """Return `count` numbers that nobody else gets."""
        with self._lock:
            taken = self._taken[agency, type_id]
            missing = count - len(taken)
            if missing > 0:
                taken.extend(self._store.take_serials(agency, type_id, max(missing, BLOCK)))
            return [taken.popleft() for _ in range(count)]
