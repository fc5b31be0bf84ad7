"""Retention: once an hour, whom passes were about is erased where it is due; digests stay."""

from collections.abc import Callable

from api.services.health_minting import NONCE_SECONDS
from api.services.housekeeping import EVERY_SECONDS
from api.store.health_passes import PassStore


class Retention:
    """Erases rows about people, consent receipts and nonces, each when its time has come."""

    def __init__(self, passes: PassStore, clock: Callable[[], int]) -> None:
        self._passes = passes
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Erase when it is time; never counts as work that others must wait for."""
        now = self._clock()
        if not 0 < self._next - now <= EVERY_SECONDS:  # a clock that was ahead had set it far off
            self._next = now + EVERY_SECONDS
            self._passes.erase_due(now, now - NONCE_SECONDS)
        return 0
