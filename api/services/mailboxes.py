"""Mailboxes: hashes come in, and once a minute a root over 64 places is anchored, full or empty.

A message is SHA-256(digest ‖ blind): the service learns neither the tender nor the bidder, and
whoever watches the chain sees one root a minute as long as any tender of the agency receives. The
bid itself stays with its bidder until it is listed after submitEnd (招标投标法 art. 22).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.at_head import AtHead
from api.services.intents import Intents
from api.services.issuers import Issuers
from api.store.mailboxes import Filled, MailboxStore, MessagePlace, MessageRow
from api.store.tenders import TenderStore
from ledger.errors import Refused
from ledger.finality import Confirmations, final_block
from ledger.tenders import receipts
from ledger.tenders.mailbox import LEAVES, fill
from ledger.tenders.phases import is_receiving
from ledger.tenders.receipts import Receipt, ReceiptState
from ledger.values import Address, AgencyId, Digest, RecordKind, Role

__all__ = ["MailboxAnchoring", "Mailboxes", "MessageRow", "MessageView", "OwnMailboxes"]

MOST_WAITING: Final = 10 * LEAVES
"""Messages of one agency that wait, at most: what ten minutes take in (proposed)."""


@dataclass(eq=False)
class MailboxUnknown(Refused):
    """This service keeps no mailbox of that agency."""

    agency: bytes


@dataclass(eq=False)
class MailboxClosed(Refused):
    """No tender with this mailbox receives bids any more."""

    agency: bytes


class OwnMailboxes:
    """The mailboxes of agencies for which the operator's account may anchor."""

    def __init__(self, tenders: TenderStore, at_head: AtHead, sender: Address) -> None:
        self._tenders = tenders
        self._at_head = at_head
        self._sender = sender

    def all(self) -> dict[AgencyId, bool]:
        """Return the agencies whose mailbox a tender names, and whether one of those receives.

        As the head's time has it: the contract too asks when the block was that has a root.
        """
        mine = self._at_head.roles(self._sender)
        timed = self._at_head.kept(("tenders", "timed"), self._tenders.timed)
        at = self._at_head.head().block_time
        found: dict[AgencyId, bool] = {}
        for state in timed:
            agency = AgencyId(state.announcement.mailbox)
            if (agency, Role.ISSUER) in mine:
                found[agency] = found.get(agency, False) or is_receiving(state, at)
        return found


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message, and whether its root's block is final."""

    place: MessagePlace
    is_final: bool = False


class Mailboxes:
    """Takes messages in, and says where they lie."""

    def __init__(
        self,
        *,
        store: MailboxStore,
        own: OwnMailboxes,
        at_head: AtHead,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        confirmations: Confirmations,
    ) -> None:
        self._store = store
        self._own = own
        self._at_head = at_head
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness
        self._confirmations = confirmations

    def put(self, agency: AgencyId, leaf: Digest) -> tuple[MessageRow, bool]:
        """Keep a message and sign for it; a repeat gets the first receipt. Return it, and if new.

        Raises:
            MailboxUnknown, MailboxClosed: where no root would ever hold it.
            AgencyUnknown, AgencyNotActive, SigningKeyMissing: where nobody here may sign for it.
            MailboxOverrun, MailboxLeafTaken: see there.
        """
        own = self._own.all()
        if agency not in own:
            raise MailboxUnknown(agency)
        if not own[agency]:
            raise MailboxClosed(agency)
        issuer, now = self._issuers.for_decisions(agency), self._clock()
        receipt = Receipt(
            issuer=issuer.url,
            id=receipts.new_id(self._randomness),
            issued_at=now,
            digest=None,
            files=(),
            state=ReceiptState.STORED,
            leaf=leaf,
        )
        row = MessageRow(agency, leaf, now, receipts.sign(receipt, issuer.signer))
        return self._store.add(row, MOST_WAITING)

    def get(self, leaf: Digest) -> MessageView:
        """Return where a message lies by now; raise `MailboxMessageUnknown`."""
        place, head = self._store.place(leaf), self._at_head.look()
        if place.anchored is None:
            return MessageView(place)
        settled = final_block(self._confirmations, head.block, head.finalized)
        return MessageView(place, place.anchored.block <= settled)


class MailboxAnchoring:
    """Closes a mailbox a minute for each agency that has a tender which receives."""

    def __init__(
        self,
        *,
        store: MailboxStore,
        own: OwnMailboxes,
        intents: Intents,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        seconds: int,
    ) -> None:
        """`seconds` lie between two roots of one agency."""
        self._store = store
        self._own = own
        self._intents = intents
        self._clock = clock
        self._randomness = randomness
        self._seconds = seconds
        self._looked_at: int | None = None

    def step(self, *, flush: bool = False) -> int:
        """Close what is due, with `flush` whatever holds a message; return how many."""
        now = self._clock()
        due = now - now % self._seconds
        waiting = frozenset(self._store.waiting()) if flush else frozenset()
        if due == self._looked_at and not waiting:
            return 0
        receiving = [agency for agency, receives in self._own.all().items() if receives]
        closed = sum(
            self._close(agency, due, 0 if agency in waiting else self._seconds)
            for agency in receiving
        )
        self._looked_at = due
        return closed

    def _close(self, agency: AgencyId, due: int, interval: int) -> int:
        def filled(messages: Sequence[Digest]) -> Filled:
            box = fill(messages, self._randomness)
            root = box.root
            intent = self._intents.anchor(agency, RecordKind.TENDER_MAILBOX, root, LEAVES)
            return Filled(root, box.leaves, box.places, intent)

        return 0 if self._store.close(agency, due, interval, filled) is None else 1
