"""Sealed files that came for a mailbox, once their tenders are listed: named by a bid, or let go.

Until then nobody here can tell which are needed. From submitEnd on bids show on the chain, and each
names its files; what was replaced, withdrawn or sent for nothing is never named.
"""

from collections.abc import Callable
from typing import Final

from api.blobs.store import BlobStore
from api.store.bid_uploads import BidUploadStore
from api.store.registry import Head
from api.store.tenders import TenderStore
from ledger.tenders.events import Phase
from ledger.tenders.state import TenderState
from ledger.tenders.suspensions import clock
from ledger.values import AgencyId


class UnplacedUploads:
    """Gives files their place, once an hour, or forgets those that nobody can name any more."""

    EVERY_SECONDS: Final = 3_600
    SPARE_SECONDS: Final = 3 * 86_400
    """For clocks that differ, and for listings that fall out of their block (proposed)."""

    def __init__(
        self,
        *,
        uploads: BidUploadStore,
        tenders: TenderStore,
        blobs: BlobStore,
        head: Callable[[], Head],
        clock: Callable[[], int],
    ) -> None:
        self._uploads = uploads
        self._tenders = tenders
        self._blobs = blobs
        self._head = head
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Do it when it is time; never counts as work that others must wait for."""
        now = self._clock()
        if not 0 < self._next - now <= self.EVERY_SECONDS:  # a clock that was ahead set it far off
            self._next = now + self.EVERY_SECONDS
            for mailbox in self._uploads.mailboxes():
                self._settle(mailbox, self._needed_since(mailbox, now) - self.SPARE_SECONDS)
        return 0

    def _needed_since(self, mailbox: AgencyId, now: int) -> int:
        """Return since when files may be of bids that are still to be listed.

        As of the head: of a tender published after it no file can have come before it.
        """
        at = self._head().block_time
        open_ = [
            state.published_at
            for state in self._tenders.timed()
            if state.announcement.mailbox == mailbox and _lists(state, at - self.SPARE_SECONDS)
        ]
        return min(now, at, *open_)

    def _settle(self, mailbox: AgencyId, before: int) -> None:
        while rows := self._uploads.unplaced(mailbox, before):
            named = self._tenders.named({row.digest for row in rows})
            for row in rows:
                if (place := named.get(row.digest)) is not None:
                    self._uploads.place(row.id, place)
                else:
                    self._uploads.forget_unplaced(row, self._blobs.remove)


def _lists(state: TenderState, at: int) -> bool:
    """Whether bids may be listed at `at`, or later; while a tender stands still they may be.

    One that was ended counts to its listEnd: the block that ended it may still fall out.
    """
    now = clock(state.suspension, at) if state.ended is Phase.UNKNOWN else at
    return now < state.ends[1].list_end
