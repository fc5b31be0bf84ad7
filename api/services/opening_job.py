"""The worker's duty at an opening: every file is opened once, as soon as its keys are out.

One bid at a time, each kept before the next is begun: a process that dies goes on where it stood,
and the worker's lease keeps two from working at once. Which files are due follows from chain and
rows alone, so doing one twice would only find the same again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from traceback import extract_tb
from typing import Any, Final

import structlog

from api.blobs.store import BlobStoreUnavailable
from api.services.opening_desk import OpeningDesk
from api.services.tender_papers import PaperOrder, TenderPapers
from api.store.database import StoreUnavailable
from api.store.openings import FoundRow, OpeningStore, Place
from api.store.registry import Head
from api.store.tenders import TenderStore
from ledger.errors import Unavailable
from ledger.tenders.events import Phase
from ledger.tenders.ids import TenderId
from ledger.tenders.opening import Opening
from ledger.tenders.opening_record import record_digest
from ledger.tenders.papers import PaperRole
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.state import TenderState
from ledger.values import Address, Digest

LOOK_BACK_SECONDS: Final = 30 * 86_400
"""How long after the first secret an opening is still looked at (proposed)."""
_JSON: Final = "application/json"
ASK_AGAIN_SECONDS: Final = 60
"""Pause between two looks at an opening that waits: for a file, or for licences (proposed)."""


class OpeningJob:
    """Opens bids, asks again about licences that nobody could confirm, and makes the records."""

    def __init__(
        self,
        tenders: TenderStore,
        openings: OpeningStore,
        desk: OpeningDesk,
        papers: TenderPapers,
        head: Callable[[], Head],
        clock: Callable[[], int],
    ) -> None:
        self._tenders = tenders
        self._openings = openings
        self._desk = desk
        self._papers = papers
        self._head = head
        self._clock = clock
        self._looked: tuple[bytes, int] = (b"", 0)
        self._failed: dict[tuple[Place, Address], int] = {}
        self._log = structlog.get_logger("openings")

    def step(self) -> int:
        """Do one thing that is due and return 1, or 0 where nothing is.

        While the chain stands still it looks again once in `ASK_AGAIN_SECONDS`. Raises
        `StoreUnavailable` or `BlobStoreUnavailable` where nobody could say, once everything else
        that is due is done: one file that cannot be read keeps no other bid closed. A defect of
        ours that one bid or tender meets is logged without what it says, and met again later.
        """
        head, now = self._head(), self._clock()
        if self._looked[0] == head.hash and 0 <= now - self._looked[1] < ASK_AGAIN_SECONDS:
            return 0
        untold = _Untold()
        for tender in self._tenders.opening(head.block_time - LOOK_BACK_SECONDS):
            try:
                if self._work(tender, head.block_time, now, untold):
                    return 1
            except (StoreUnavailable, BlobStoreUnavailable):
                raise
            except Exception as failure:  # noqa: BLE001  # one tender's trouble alone
                self._log.warning("failed", tender=tender.hex(), **_told(failure))
        untold.tell()
        self._looked = (head.hash, now)
        return 0

    def _work(self, tender: TenderId, at: int, now: int, untold: "_Untold") -> bool:
        state = self._tenders.tender(tender)
        if state is None:
            return False
        return any(
            self._open_one(opening, place, now, untold)
            for place, opening in self._openable(state, at)
        )

    def _openable(self, state: TenderState, at: int) -> Iterator[tuple[Place, Opening]]:
        for lot in range(len(state.lots)):
            for part in state.ends:
                opening = self._desk.opening(state, lot, part, at)
                if opening.has_begun:
                    yield (state.id, lot, part), opening

    def _open_one(self, opening: Opening, place: Place, now: int, untold: "_Untold") -> bool:
        rows = self._openings.found(place)
        found = {key: row.found for key, row in rows.items()}
        for bid in opening.due(found):
            if _is_resting(opening, rows.get(bid.bidder), bid.version, now):
                continue
            with untold.kept(), self._spared(place, bid.bidder, now) as is_due:
                if is_due:
                    opened = opening.open(bid, self._desk.unseal(bid, opening.part))
                    self._openings.keep(place, opened, now)
                    return True
        for row in rows.values():
            if not self._is_to_be_asked(opening, row, now):
                continue
            with self._spared(place, row.found.bidder, now) as is_due:
                if is_due:
                    self._openings.keep(place, opening.asked_again(row.found), now)
                    return True
        return self._record(opening, place, rows)

    @contextmanager
    def _spared(self, place: Place, bidder: Address, now: int) -> Iterator[bool]:
        """Keep a defect that one bid meets from the others; it is met again after a pause.

        That is nothing against the bid: it has no cause, and is shown as not opened yet.
        """
        at = self._failed.get((place, bidder))
        try:
            yield at is None or not 0 <= now - at < ASK_AGAIN_SECONDS
        except Unavailable:
            raise
        except Exception as failure:  # noqa: BLE001  # whatever it is, it is no bid's fault
            self._failed[place, bidder] = now
            where = {"tender": place[0].hex(), "lot": place[1], "part": place[2]}
            self._log.error("bid.failed", bidder=bidder, **where, **_told(failure))

    def _record(self, opening: Opening, place: Place, rows: dict[Address, FoundRow]) -> bool:
        """Make the record anew while it is not anchored; afterwards it stays as it was."""
        found = {key: row.found for key, row in rows.items()}
        if not opening.is_recordable(found):
            return False
        kept = self._openings.record(place)
        if kept is not None and opening.part in opening.state.lot(opening.lot).openings:
            return False
        made = opening.record(self._tenders.history(place[0]), found)
        if made == kept:
            return False
        self._openings.keep_record(place, made, self._clock())
        digest = Digest(record_digest(made))
        order = PaperOrder(place[0], PaperRole.OPENING_RECORD, _JSON, digest)
        self._papers.keep_own(order, BytesIO(made))
        return True

    def _is_to_be_asked(self, opening: Opening, row: FoundRow, now: int) -> bool:
        """Nobody is rejected because a node was down: until the report it is asked again."""
        if row.found.cause is not None or row.found.is_confirmed:
            return False
        phase = lot_phase_at(opening.state, opening.lot, opening.at)
        is_early = phase in (Phase.OPENED, Phase.COMMITTED)
        return is_early and now - row.asked_at >= ASK_AGAIN_SECONDS


class _Untold:
    """What nobody could say: the rest is done first, then the first of it is told."""

    def __init__(self) -> None:
        self._first: Unavailable | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep an `Unavailable` instead of raising it."""
        try:
            yield
        except Unavailable as failure:
            self._first = self._first or failure

    def tell(self) -> None:
        """Raise what was kept, if anything was."""
        if self._first is not None:
            raise self._first


def _told(failure: Exception) -> dict[str, Any]:
    """Return a failure's name and its places in the code: its text may say what is in a bid."""
    frames = extract_tb(failure.__traceback__)[-8:]
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]
    return {"error": type(failure).__name__, "places": places}


def _is_resting(opening: Opening, row: FoundRow | None, version: int, now: int) -> bool:
    """Whether a lost file was looked for just now, or once more after fallbackEnd and in vain."""
    if row is None or row.found.version != version or row.found.cause is None:
        return False
    is_settled = row.asked_at >= opening.state.ends[opening.part].fallback_end
    return is_settled or 0 <= now - row.asked_at < ASK_AGAIN_SECONDS
