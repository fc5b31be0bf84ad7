"""Orders that stand on chain although the outbox has them still to be sent.

That is so where an older copy of the database was put back: what was sent since is forgotten. An
anchor that stands is refused by the contract and adopted; an order may be legal once more (to
suspend what was suspended and reinstated), so it must be found before it is sent a second time.
"""

from collections import defaultdict

from sqlalchemy import Row, and_, exists, func, select

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.outbox import SqlOutbox
from api.store.tables import attempts, changes, intents
from ledger.events import StatusChanged
from ledger.outbox import IntentState, Receipt
from ledger.status_list import ENTRIES_PER_WORD, mask
from ledger.values import Address

_UNSETTLED = (
    IntentState.WAITING.value,
    IntentState.RESERVED.value,
    IntentState.SIGNED.value,
    IntentState.SENT.value,
)


class StandingOrders:
    """Finds them by their events in the projection, which must be at the chain's head."""

    def __init__(self, database: Database, outbox: SqlOutbox) -> None:
        self._database = database
        self._outbox = outbox

    def take_in(self, chain_id: int, account: Address) -> int:
        """Mark as MINED what stands already, entry by entry as ordered; return how many orders.

        The sender reads the true receipt when it settles them.
        """
        receipts: defaultdict[bytes, dict[int, Receipt]] = defaultdict(dict)
        for row in self._events(chain_id, account):
            if int.from_bytes(row.mask) & mask(row.idx) == mask(row.idx):
                receipts[row.id][row.seq] = Receipt(
                    row.block, row.block_hash, row.transaction, 0, None
                )
        whole = {
            intent: found for intent, found in receipts.items() if len(found) == self._size(intent)
        }
        if whole:
            self._outbox.settle(
                {one: (IntentState.MINED, found[max(found)]) for one, found in whole.items()}
            )
        return len(whole)

    def _events(self, chain_id: int, account: Address) -> list[Row[tuple[object, ...]]]:
        """Return what may have carried out an unsettled order, newest last."""
        event = EVENT_TABLES[StatusChanged]
        same = [
            event.c[name] == changes.c[name]
            for name in ("agency", "list", "status", "reason", "effective_at", "until")
        ]
        ours = attempts.c.intent == intents.c.id, attempts.c.hash == event.c.transaction
        word = event.c.word == changes.c.idx // ENTRIES_PER_WORD
        query = (
            select(
                intents.c.id,
                changes.c.seq,
                changes.c.idx,
                event.c.mask,
                event.c.block,
                event.c.block_hash,
                event.c.transaction,
            )
            .join(changes, changes.c.intent == intents.c.id)
            .join(event, and_(*same, word))
            .where(intents.c.chain_id == chain_id, intents.c.account == account)
            .where(intents.c.state.in_(_UNSETTLED))
            .where(~exists().where(*ours))  # the sender finds those itself
            .order_by(event.c.block, event.c.log_index)
        )
        with self._database.read() as connection:
            return list(connection.execute(query))

    def _size(self, intent: bytes) -> int:
        query = select(func.count()).where(changes.c.intent == intent)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())
