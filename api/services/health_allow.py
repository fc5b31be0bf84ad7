"""The allow list of an agency: signed segments of the passes that were anchored, for gates.

A pass is listed by the block of its anchor, once that is final; so a thief of the signing key, who
cannot anchor for the agency, has no pass in it. While passes issued here wait for their anchor, the
list says since when, and gates do not take absence for forgery; a thief's pass is not among them.
"""

from collections.abc import Callable
from typing import Final, Protocol

from api.services.issuers import SigningKeyMissing
from api.services.lists import MOST_UNCONFIRMED_SECONDS, ListSigners
from api.store.health_segments import AnchoredPass, SegmentRow, SegmentStore, SegmentTaken
from api.store.registry import Head
from ledger.finality import Confirmations, final_block
from ledger.health import allow_list, signed
from ledger.health.windows import issue_time
from ledger.values import AgencyId, KeyUsage

Segment = SegmentRow
"""A signed segment, for the floors above, which may not import the store."""
SEGMENT_SECONDS: Final = 300
"""At most one segment of an agency in so long, unless the operator chose otherwise (proposed)."""
REFRESH_SECONDS: Final = 900
"""While passes are good, a list says at least so often up to when it is complete (proposed)."""


class Chain(Protocol):
    """Whoever knows the projection's head, and its blocks."""

    def head(self) -> Head:
        """Return the head."""

    def block_time(self, block: int) -> int | None:
        """Return the time of a recent block; None where it is not kept."""


class AllowLists:
    """The segments, as anybody may fetch them; needs no key."""

    def __init__(self, segments: SegmentStore, clock: Callable[[], int]) -> None:
        self._segments = segments
        self._clock = clock

    def segments(self, agency: AgencyId) -> tuple[SegmentRow, ...]:
        """Return the segments that a gate needs: without gap, up to the newest."""
        return self._segments.live(agency, self._clock())

    def segment(self, agency: AgencyId, seq: int) -> SegmentRow:
        """Return one segment; raise `SegmentUnknown`."""
        return self._segments.get(agency, seq)


class AllowListing:
    """Signs a new segment when blocks anchored passes, or to say that none did."""

    def __init__(
        self,
        *,
        segments: SegmentStore,
        chain: Chain,
        signers: ListSigners,
        clock: Callable[[], int],
        confirmations: Confirmations,
        segment_seconds: float = SEGMENT_SECONDS,
    ) -> None:
        self._segments = segments
        self._chain = chain
        self._signers = signers
        self._clock = clock
        self._confirmations = confirmations
        self._segment_seconds = segment_seconds

    def step(self, *, flush: bool = False) -> int:
        """Sign what is due, with `flush` whatever was anchored since; return how many segments.

        Nothing while no node confirms the projection, as with status lists.

        Raises:
            SigningKeyMissing: in the end, when an agency's key is not at hand.
        """
        head = self._chain.head()
        if self._clock() - head.seen_at > MOST_UNCONFIRMED_SECONDS:
            return 0
        settled = final_block(self._confirmations, head.block, head.finalized)
        until = self._chain.block_time(settled)
        if until is None:
            return 0
        made = 0
        missing: SigningKeyMissing | None = None
        for agency in self._segments.agencies():
            try:
                made += self._list(agency, settled, until + 1, flush=flush)
            except SigningKeyMissing as failure:  # one agency's, so the others' lists go on
                missing = failure
        if missing is not None:
            raise missing
        return made

    def _list(self, agency: AgencyId, settled: int, until: int, *, flush: bool) -> int:
        last, now = self._segments.last(agency), self._clock()
        if last is not None and now - last.made_at < self._segment_seconds and not flush:
            return 0
        # First, so that a pass whose anchor comes in between is told as waiting, not as forged.
        oldest = self._segments.waiting_since(agency, settled, now)
        new = self._segments.unlisted(agency, settled)
        if not new and not self._is_refreshed(last, until, now):
            return 0
        segment = self._sign(agency, last, new, until, oldest)
        try:
            self._segments.add(segment, [each.digest for each in new])
        except SegmentTaken:
            return 0
        return 1

    @staticmethod
    def _is_refreshed(last: SegmentRow | None, until: int, now: int) -> bool:
        """Whether an empty segment is worth its anchor: passes are good, and blocks came since."""
        if last is None or last.live_until <= now:
            return False
        return now - last.made_at >= REFRESH_SECONDS and until > last.end

    def _sign(
        self,
        agency: AgencyId,
        last: SegmentRow | None,
        new: tuple[AnchoredPass, ...],
        until: int,
        oldest: int | None,
    ) -> SegmentRow:
        seq = 0 if last is None else last.seq + 1
        start = min(each.block_time for each in new) if last is None else last.end
        segment = allow_list.segment_of(
            agency,
            seq,
            start,
            max(until, start + 1),
            [each.digest for each in new],
            None if oldest is None else issue_time(oldest),
        )
        document = allow_list.sign(segment, self._signers.signer(agency, KeyUsage.STATUS_LISTS))
        return SegmentRow(
            agency,
            seq,
            signed.read(document).digest,
            start,
            segment.end,
            self._clock(),
            max((each.exp for each in new), default=0 if last is None else last.live_until),
            document,
        )
