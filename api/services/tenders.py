"""What is public about sealed tenders: how each stands as of the head, and what happened, final.

Before a lot is opened nobody learns from here who bids or how many (招标投标法 art. 22), though the
chain's own log may show one-time keys.
"""

from dataclasses import dataclass, replace
from typing import Final

from api.services.at_head import AtHead
from api.store.tender_folds import TenderFolds
from api.store.tenders import FeedRow, TenderPage, TenderStore
from ledger.authority import Agency
from ledger.errors import AgencyUnknown
from ledger.finality import Confirmations, final_block
from ledger.tenders import events
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import Phase
from ledger.tenders.ids import TenderId
from ledger.tenders.phases import phase_at
from ledger.tenders.state import TenderState

__all__ = ["FEED_ROWS", "FeedRow", "TenderView", "Tenders", "ViewPage"]

FEED_ROWS: Final = 100
"""Events in one answer of the feed, at most (proposed)."""
_OF_BIDDERS: Final = tuple(
    cls.__name__
    for cls in (
        events.BidSubmitted,
        events.BidWithdrawn,
        events.SecretDisclosed,
        events.SecretRecovered,
    )
)
_NAMING: Final = ("bidder", "signature")


@dataclass(frozen=True, slots=True)
class TenderView:
    """A tender and its agency as of a moment in Unix seconds, that of the head's block."""

    state: TenderState
    agency: Agency
    at: int

    def is_opened(self, number: int) -> bool:
        """Whether bids of a lot have been opened, so that they may be shown."""
        recorded = self.state.lot(number).openings.get(1)
        if recorded is not None:
            return recorded.opened > 0
        return phase_at(self.state, number, 1, self.at) is Phase.OPENED


@dataclass(frozen=True, slots=True)
class ViewPage:
    """Some tenders, the newest first, and the cursor behind them; None at the end."""

    views: tuple[TenderView, ...]
    next_cursor: str | None


class Tenders:
    """Reads the projection for anybody who asks."""

    def __init__(self, store: TenderStore, at_head: AtHead, confirmations: Confirmations) -> None:
        self._store = store
        self._folds = TenderFolds(store)
        self._at_head = at_head
        self._confirmations = confirmations

    def page(self, cursor: str | None, limit: int) -> ViewPage:
        """Return tenders, the newest first; raise `CursorMalformed` for a strange cursor."""
        found: TenderPage = self._store.page(cursor, limit)
        return ViewPage(tuple(map(self.one, found.tenders)), found.next_cursor)

    def one(self, tender: TenderId) -> TenderView:
        """Return one tender as of the head; raise `TenderUnknown`."""
        state = self._at_head.kept(("tender", tender), lambda: self._folds.tender(tender))
        if state is None:
            raise TenderUnknown(tender)
        agency = self._at_head.agency(state.announcement.agency)
        if agency is None:
            raise AgencyUnknown(state.announcement.agency)
        return TenderView(state, agency, self._at_head.head().block_time)

    def feed(self, after: tuple[int, int]) -> tuple[FeedRow, ...]:
        """Return what became final after a place, (block, log index), in chain order.

        What only tells of bidders is left out for good, so that an answer never changes: the bids
        of an opened lot stand in the tender.
        """
        head = self._at_head.look()
        final = final_block(self._confirmations, head.block, head.finalized)
        found = self._store.feed(after, final, FEED_ROWS, without=_OF_BIDDERS)
        return tuple(map(_unnamed, found))


def _unnamed(row: FeedRow) -> FeedRow:
    """An objection tells that somebody bids, and by which key: the feed leaves that out."""
    if row.kind != events.ObjectionLodged.__name__:
        return row
    members = {name: None if name in _NAMING else each for name, each in row.members.items()}
    return replace(row, members=members)
