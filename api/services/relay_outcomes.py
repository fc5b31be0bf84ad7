"""What became of relayed messages: a signed receipt once final, a signed refusal where refused.

A message is final when its event is, whoever sent the transaction. The contract's refusal of our
own transaction says nothing about one that somebody else's brought: that is looked for first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from api.services.bid_replies import BidReplies
from api.services.issuers import SigningKeyMissing
from api.store.bid_messages import REFUSED, BidMessageStore, MessageRow, Sent
from api.store.registry import Head, Registry
from api.store.tenders import TenderStore
from ledger.errors import AgencyNotActive, AgencyUnknown
from ledger.finality import Confirmations, final_block
from ledger.outbox import IntentState
from ledger.tenders import receipts
from ledger.tenders.errors import BidLate, BidVersionStale
from ledger.tenders.ids import TenderId
from ledger.tenders.phases import effective_ends
from ledger.tenders.receipts import Mined
from ledger.tenders.relayed import digest_of
from ledger.tenders.state import TenderState
from ledger.values import LedgerRef

AT_ONCE: Final = 500
FINAL: Final = "final"
AGAIN_SECONDS: Final = 60
"""How soon a message that was refused for a cause that may pass is sent again (proposed)."""
MAY_PASS: Final = frozenset(
    {"TenderSuspended", "WindowNotOpen", "AlreadyDone", "NodeRefused", "RevertUnexplained"}
)
"""Refusals that another moment, block or node may undo."""
_LATE: Final = BidLate.__name__
_STALE: Final = BidVersionStale.__name__


@dataclass(frozen=True, slots=True)
class _Told:
    """A tender as of the head, and where the message of each digest came to it."""

    head: Head
    final: int
    state: TenderState | None
    mined: Mapping[bytes, Mined]

    def of(self, each: Sent) -> Mined | None:
        """Return where a message stands; None where it stands nowhere."""
        if each.state is IntentState.FINAL and each.transaction is not None:
            return Mined(each.transaction, each.block or 0)
        return self.mined.get(each.row.digest)

    def may_pass(self, each: Sent) -> bool:
        """Whether what refused a message may be over another time."""
        if each.error == _STALE:
            return not self._is_superseded(each.row)
        if each.error == _LATE:  # the node's next block is late, and the head not yet
            return self.head.block_time < self._deadline()
        return each.error in MAY_PASS

    def _is_superseded(self, row: MessageRow) -> bool:
        """Whether a version as high as the message's is on the chain."""
        if self.state is None or row.lot is None or row.bidder is None or row.version is None:
            return False
        bid = self.state.lot(row.lot).bids.get(row.bidder)
        return bid is not None and bid.version >= row.version

    def _deadline(self) -> int:
        ends = self.state and effective_ends(self.state, 1, self.head.block_time)
        return ends.submit_end if ends else 0


class RelayOutcomes:
    """The worker's step that signs what became of messages."""

    def __init__(
        self,
        store: BidMessageStore,
        tenders: TenderStore,
        registry: Registry,
        replies: BidReplies,
        ledger: LedgerRef | None,
        confirmations: Confirmations,
    ) -> None:
        """`ledger` is the TenderLedger; without one there are no messages."""
        self._store = store
        self._tenders = tenders
        self._registry = registry
        self._replies = replies
        self._ledger = ledger
        self._confirmations = confirmations
        self._tried: dict[bytes, int] = {}
        self._log = structlog.get_logger("relay")

    def step(self) -> int:
        """Settle what is final or refused, send again what may pass; return how many moved."""
        settled: list[MessageRow] = []
        again: list[bytes] = []
        replies = self._replies.for_a_group()
        for tender, some in _by_tender(self._store.sent(AT_ONCE)).items():
            told = self._told(TenderId(tender), some)
            for each in some:
                mined = told.of(each)
                if mined is not None:
                    is_final = mined.block <= told.final
                    settled += self._final(replies, each.row, mined) if is_final else ()
                elif each.state is IntentState.FAILED:  # else it fell out after it came
                    is_open = told.may_pass(each)
                    again += self._due(each) if is_open else ()
                    settled += () if is_open else self._refused(replies, each, told.head)
        if settled:
            self._store.settle(settled)
        if again:
            self._store.try_again(again)
        return len(settled) + len(again)

    def _told(self, tender: TenderId, sent: Sequence[Sent]) -> _Told:
        """Read a tender's events only where an intent alone does not tell where a message is."""
        head = self._registry.head()
        final = final_block(self._confirmations, head.block, head.finalized)
        if self._ledger is None or all(each.state is IntentState.FINAL for each in sent):
            return _Told(head, final, None, {})
        mined = {
            digest: Mined(event.place.transaction, event.place.block)
            for event in self._tenders.events(tender)
            if (digest := digest_of(self._ledger, event)) is not None
        }
        return _Told(head, final, self._tenders.tender(tender), mined)

    def _due(self, each: Sent) -> list[bytes]:
        """Return the intent of a refused message where it is time to send it again."""
        now = self._replies.clock()
        if now - self._tried.setdefault(each.row.digest, now) < AGAIN_SECONDS:
            return []
        del self._tried[each.row.digest]
        return [] if each.row.intent is None else [each.row.intent]

    def _final(self, replies: BidReplies, row: MessageRow, mined: Mined) -> list[MessageRow]:
        first = receipts.told(row.receipt)
        try:
            said = replies.final(row.agency, first, mined)
        except _UNSIGNED as missing:
            return self._unsigned(missing)
        place = replace(row, transaction=mined.transaction, block=mined.block)
        return [replace(place, outcome=FINAL, said=said)]

    def _refused(self, replies: BidReplies, each: Sent, head: Head) -> list[MessageRow]:
        row, error = each.row, each.error or ""
        try:
            said = replies.refusal(row.agency, row.digest, error, head, row.arrived_at)
        except _UNSIGNED as missing:
            return self._unsigned(missing)
        self._log.warning("refused", kind=row.kind.value, error=error)
        return [replace(row, outcome=REFUSED, error=error, said=said)]

    def _unsigned(self, missing: Exception) -> list[MessageRow]:
        """Let an outcome wait that nobody can sign just now."""
        self._log.warning("unsigned", error=type(missing).__name__)
        return []


def _by_tender(sent: Sequence[Sent]) -> dict[bytes, list[Sent]]:
    found: defaultdict[bytes, list[Sent]] = defaultdict(list)
    for each in sent:
        found[each.row.tender].append(each)
    return found


_UNSIGNED: Final = (AgencyUnknown, AgencyNotActive, SigningKeyMissing)
