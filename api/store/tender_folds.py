"""Tenders as the head leaves them, told on from where they were last: few events come with a block.

To tell a tender with a thousand bids anew takes half a second, and every block of the chain would
ask for it. Events are deleted by block, the newest first: while the last one told of stands as it
stood, so does everything before it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import reduce
from threading import Lock
from typing import Final

from api.store.tenders import TenderStore
from ledger.events import Place
from ledger.tenders.history import after
from ledger.tenders.ids import TenderId
from ledger.tenders.state import TenderState

MOST_KEPT: Final = 64
"""Tenders in memory; beyond it the one that was asked for longest ago is told anew."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A tender and the place of the last event that it tells of."""

    state: TenderState
    place: Place


class TenderFolds:
    """Answers as `TenderStore.tender` does; may be used from several threads."""

    def __init__(self, store: TenderStore) -> None:
        self._store = store
        self._kept: OrderedDict[TenderId, _Told] = OrderedDict()
        self._turn = Lock()

    def tender(self, tender: TenderId) -> TenderState | None:
        """Return a tender; None where it was never published."""
        with self._turn:
            told = self._kept.pop(tender, None)
        fresh = self._told_on(tender, told) or self._told_anew(tender)
        if fresh is None:
            return None
        with self._turn:
            self._kept[tender] = fresh
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return fresh.state

    def _told_on(self, tender: TenderId, told: _Told | None) -> _Told | None:
        """Return the tender with what came since; None where it has to be told anew."""
        if told is None:
            return None
        found = self._store.events(tender, since=told.place)
        if not found or found[0].place != told.place:
            return None  # it fell out of the chain
        return _Told(reduce(after, found[1:], told.state), found[-1].place)

    def _told_anew(self, tender: TenderId) -> _Told | None:
        state, last = self._store.told(tender)
        return None if state is None or last is None else _Told(state, last)
