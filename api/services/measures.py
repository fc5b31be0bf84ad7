"""What an operator watches: what waits for the chain, and how old the chain's news is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.services.registry import Directory, HeadAge
from api.store.measures import MeasureStore
from ledger.errors import Unavailable
from ledger.outbox import IntentState


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one moment; `head` None before the first block is known.

    `lag_seconds` is the age of the oldest record that is in no block, 0 without one.
    """

    lag_seconds: int
    unbatched: int
    intents: Mapping[IntentState, int]
    head: HeadAge | None


class Measures:
    """Measures service and worker alike, since both leave their traces in the database."""

    def __init__(self, store: MeasureStore, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    def read(self) -> Measured:
        """Return the numbers of this moment; raise `StoreUnavailable`."""
        waiting = self._store.waiting()
        oldest = waiting.oldest_unanchored
        return Measured(
            lag_seconds=0 if oldest is None else max(0, self._clock() - oldest),
            unbatched=waiting.unbatched,
            intents={state: waiting.intents.get(state.value, 0) for state in IntentState},
            head=self._head(),
        )

    def _head(self) -> HeadAge | None:
        try:
            return self._directory.head()
        except Unavailable:
            return None
