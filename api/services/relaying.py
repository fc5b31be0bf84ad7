"""Relaying: bids, withdrawals and secrets that anybody brings, sent for them by our own account.

A message counts by what is in it, so whoever brings it needs no account. It is judged by the same
rules as the contract's, at the head of the projection; then one transaction stores it with its
intent, and only then there is a receipt. A secret that comes too early is neither stored nor sent.
Many messages share a transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from api.services.at_head import AtHead
from api.services.bid_replies import BidReplies
from api.services.tenders import Tenders
from api.store.bid_messages import BidMessageStore, MessageRow, Wanted
from api.store.groups import Grouped
from ledger.chain import tender_calls
from ledger.chain.deployments import TendersAbsent
from ledger.chain.sender import intent_id
from ledger.outbox import Intent
from ledger.tenders.errors import BidLate, UploadIncomplete
from ledger.tenders.receipts import StoredFile
from ledger.tenders.relayed import Listing, Relayed, SignedWithdrawal, judge, kind_of, tender_of
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import TenderState
from ledger.values import Address, AgencyId, LedgerRef, Root

__all__ = ["BidMessage", "MessageRow", "Relay", "RelayPorts", "TendersAbsent"]

Brought = tuple[bytes, Relayed]
"""A message with its digest."""
Files = Mapping[bytes, tuple[int, int | None]]
"""Of each file, by SHA-256, how many bytes came and when it was whole."""


@dataclass(frozen=True, slots=True)
class BidMessage:
    """A message as it is kept here; `is_new` for the request that brought it."""

    row: MessageRow
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class RelayPorts:
    """What relaying needs: where messages are kept, what is known, who signs and who sends.

    `ledger` is the TenderLedger, None on a ledger that has none; `anchored_at` says when a mailbox
    anchored a root.
    """

    store: BidMessageStore
    tenders: Tenders
    at_head: AtHead
    anchored_at: Callable[[AgencyId, Root], int | None]
    replies: BidReplies
    ledger: LedgerRef | None
    chain_id: int
    sender: Address


class Relay:
    """Takes messages in, and says what became of them."""

    def __init__(self, ports: RelayPorts) -> None:
        self._ports = ports
        self._writes: Grouped[Brought, BidMessage] = Grouped(self.bring_all)

    @property
    def ledger(self) -> LedgerRef:
        """The TenderLedger that messages are for; raise `TendersAbsent` where there is none."""
        if self._ports.ledger is None:
            raise TendersAbsent(self._ports.chain_id)
        return self._ports.ledger

    async def bring(self, message: Relayed) -> BidMessage:
        """Take a message in, or return what the same one, by its digest, came to.

        Raises:
            TendersAbsent, TenderUnknown, AgencyUnknown: for the tender.
            UploadIncomplete: for a bid whose files are not here whole.
            BidLate: with a signed refusal, its block and time.
            AgencyNotActive, SigningKeyMissing: when nobody here can sign the receipt.
            And as `ledger.tenders.relayed.judge`.
        """
        # Its digest here: one that cannot be encoded must not spoil the others' group.
        return await self._writes.ask((message.digest, message))

    def get(self, digest: bytes) -> BidMessage:
        """Return a message by its digest; raise `BidMessageUnknown`."""
        return BidMessage(self._ports.store.get(digest))

    def bring_all(self, brought: Sequence[Brought]) -> list[BidMessage | Exception]:
        """Do as `bring` for each of the messages; what one of them meets is its own."""
        replies = self._ports.replies.for_a_group()
        known = self._ports.store.known([digest for digest, _ in brought])
        bids = [each.message for _, each in brought if isinstance(each, SignedBid)]
        files = self._ports.store.received([part.file for bid in bids for part in bid.parts])
        outcomes: dict[int, BidMessage | Exception] = {}
        wanted: dict[int, Wanted] = {}
        for place, (digest, message) in enumerate(brought):
            row = known.get(digest)
            if row is not None and not (row.is_refused and isinstance(message, Listing)):
                outcomes[place] = BidMessage(row)
                continue
            try:
                wanted[place] = self._wanted(digest, message, files, replies)
            except Exception as failure:  # noqa: BLE001  # else one message would keep out all others
                outcomes[place] = failure
        added = self._ports.store.add(tuple(wanted.values())) if wanted else []
        for place, (stored, is_new) in zip(wanted, added, strict=True):
            outcomes[place] = BidMessage(stored, is_new)
        return [outcomes[place] for place in range(len(brought))]

    def _wanted(self, digest: bytes, message: Relayed, files: Files, replies: BidReplies) -> Wanted:
        """Judge a message and make what is stored of it; raises as `bring`."""
        state = self._ports.tenders.one(tender_of(message)).state
        if isinstance(message, Listing):
            root, mailbox = message.proof.root, AgencyId(state.announcement.mailbox)
            message = replace(message, anchored_at=self._ports.anchored_at(mailbox, root))
        agency = state.announcement.agency
        stands = self._judge(state, digest, message, replies)
        stored = () if stands else _stored_files(message, files)
        intent = None if stands else self._intent(message)
        row = MessageRow(
            digest=digest,
            kind=kind_of(message),
            tender=state.id,
            agency=agency,
            arrived_at=replies.clock(),
            receipt=replies.submitted(agency, message, stored),
            intent=None if intent is None else intent.id,
        )
        if isinstance(message, SignedBid | SignedWithdrawal | Listing):
            told = message.message
            row = replace(row, lot=told.lot, bidder=told.bidder, version=told.version)
        return Wanted(row, intent)

    def _judge(
        self, state: TenderState, digest: bytes, message: Relayed, replies: BidReplies
    ) -> bool:
        """Return whether the chain has it already; a late one is refused with a signature."""
        head = self._ports.at_head.head()
        try:
            return judge(state, self.ledger, message, head.block_time)
        except BidLate as late:
            agency, name = state.announcement.agency, type(late).__name__
            now = replies.clock()
            signed = replies.refusal(agency, digest, name, head, now)
            raise late.retell(**late.values(), block=head.block, refusal=signed) from None

    def _intent(self, message: Relayed) -> Intent:
        call = tender_calls.relay(self.ledger, message)
        chain_id = self._ports.chain_id
        content = intent_id(chain_id, call)
        return Intent(content, chain_id, self._ports.sender, call.to, call.data)


def _stored_files(message: Relayed, files: Files) -> tuple[StoredFile, ...]:
    """Return the files of a bid as they lie here; raise `UploadIncomplete` unless all do."""
    if not isinstance(message, SignedBid):
        return ()
    found = []
    for part in message.message.parts:
        received, stored_at = files.get(part.file, (0, None))
        if stored_at is None or received != part.size:
            raise UploadIncomplete(received, part.size)
        found.append(StoredFile(part.file, received, stored_at))
    return tuple(found)
