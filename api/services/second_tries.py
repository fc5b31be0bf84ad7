"""Second tries: an anchor that the ledger refused is sent again when the cause may be gone.

Its records were acknowledged and nobody can order them anew, unlike a change of status.
"""

from collections.abc import Callable
from typing import Final, Protocol

EVERY_SECONDS: Final = 60
"""How often refused anchors are tried again (proposed); an estimate that is refused costs none."""


class RefusedAnchors(Protocol):
    """Whoever keeps the batches."""

    def try_again(self) -> int:
        """Let refused anchors wait for the sender anew; return how many."""


class SecondTries:
    """Puts refused anchors back into the outbox, once a minute."""

    def __init__(self, batches: RefusedAnchors, clock: Callable[[], int]) -> None:
        self._batches = batches
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Put them back when it is time; return how many."""
        now = self._clock()
        if now < self._next:
            return 0
        self._next = now + EVERY_SECONDS
        return self._batches.try_again()
