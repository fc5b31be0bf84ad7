"""Second tries: what the ledger refused for a cause that may pass is sent again a little later.

That is an anchor, whose records were acknowledged, and a change of status that no later one has
overtaken. The cause, a role or a suspended agency, may be gone by then.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

EVERY_SECONDS: Final = 60
"""How often it is tried again (proposed); an estimate that is refused costs nothing."""


class Refused(Protocol):
    """Whoever keeps what was refused."""

    def try_again(self) -> int:
        """Let it wait for the sender anew; return how many."""


class SecondTries:
    """Puts what was refused back into the outbox, once a minute."""

    def __init__(self, kept: Sequence[Refused], clock: Callable[[], int]) -> None:
        self._kept = kept
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Put it back when it is time; return how many."""
        now = self._clock()
        if now < self._next:
            return 0
        self._next = now + EVERY_SECONDS
        return sum(each.try_again() for each in self._kept)
