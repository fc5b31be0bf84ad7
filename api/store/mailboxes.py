"""Mailboxes: messages that wait for a minute's root, and the roots with their 64 leaves.

Root, leaves, places and intent are one transaction: after any crash a message waits still, or
lies under a root that the sender has in hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from api.store.batches import Anchored
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.mailbox_tables import mailbox_messages, mailbox_roots, mailboxes
from api.store.outbox import add_intents, release_intent
from api.store.tables import intents
from api.store.upserts import insert_new, insert_once
from ledger.errors import Refused, Unavailable
from ledger.events import BatchAnchored
from ledger.merkle import HASH_BYTES, Tree
from ledger.outbox import Intent, IntentState
from ledger.tenders.mailbox import LEAVES
from ledger.values import AgencyId, Digest, RecordKind, Root

_NEVER: Final = -(2**62)
_MESSAGES: Final = mailbox_messages.c
_ROOTS: Final = mailbox_roots.c


@dataclass(eq=False)
class MailboxMessageUnknown(Refused):
    """No such message came in here."""

    leaf: bytes


@dataclass(eq=False)
class MailboxLeafTaken(Refused):
    """The same leaf lies in another agency's mailbox. Draw another blind."""

    leaf: bytes


@dataclass(eq=False)
class MailboxOverrun(Unavailable):
    """So many messages wait that this one could not be anchored soon. Send the bid direct."""

    waiting: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it came: its leaf data, when, in Unix seconds, and the receipt for it."""

    agency: AgencyId
    leaf: Digest
    received_at: int
    receipt: str


@dataclass(frozen=True, slots=True)
class MessagePlace:
    """Where a message lies: nowhere yet, or at `index` of the root over `leaves`.

    `anchored` once the projection has the root; `error` is why the ledger refused it, if it did.
    """

    row: MessageRow
    root: Root | None = None
    index: int = 0
    leaves: tuple[Digest, ...] = ()
    state: IntentState | None = None
    error: str | None = None
    anchored: Anchored | None = None

    @property
    def path(self) -> tuple[bytes, ...]:
        """The hashes that lead to the root, leaf first; none before there is one."""
        return Tree.of(self.leaves).proof(self.index).path if self.leaves else ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A mailbox to be anchored: its 64 leaves, where each message lies, and the intent."""

    root: Root
    leaves: Sequence[Digest]
    places: Sequence[int]
    intent: Intent


Fill = Callable[[Sequence[Digest]], Filled]
"""Puts messages at random places among random leaves."""


class MailboxStore:
    """The mailboxes kept here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: MessageRow, most_waiting: int) -> tuple[MessageRow, bool]:
        """Keep a message, once; return it as it is kept, and whether it is new.

        Raises `MailboxOverrun` where so many of the agency wait, and `MailboxLeafTaken`.
        """
        with self._database.write() as connection:
            waiting = connection.execute(_waiting(row.agency)).scalar_one()
            known = connection.execute(_message(row.leaf)).first()
            if known is None and waiting >= most_waiting:
                raise MailboxOverrun(waiting)
            values = {
                "agency": row.agency,
                "leaf": row.leaf,
                "received_at": row.received_at,
                "receipt": row.receipt,
            }
            is_new = insert_once(connection, mailbox_messages, values)
            kept = _row(connection.execute(_message(row.leaf)).one())
        if kept.agency != row.agency:
            raise MailboxLeafTaken(row.leaf)
        return kept, is_new

    def place(self, leaf: Digest) -> MessagePlace:
        """Return where a message lies; raise `MailboxMessageUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(_places().where(_MESSAGES.leaf == leaf)).first()
        if row is None:
            raise MailboxMessageUnknown(leaf)
        return _place(row)

    def anchored_at(self, agency: AgencyId, root: Root) -> int | None:
        """Return when any service anchored a root of 64 for an agency's mailbox, None unless so."""
        kind = _EVENT.c.kind == int(RecordKind.TENDER_MAILBOX)
        query = select(_EVENT.c.block_time).where(
            _EVENT.c.agency == agency, _EVENT.c.root == root, kind, _EVENT.c.size == LEAVES
        )
        with self._database.read() as connection:
            found: int | None = connection.execute(query).scalar_one_or_none()
        return found

    def waiting(self) -> tuple[AgencyId, ...]:
        """Return the agencies for which messages wait."""
        query = select(_MESSAGES.agency).where(_MESSAGES.root.is_(None)).distinct()
        with self._database.read() as connection:
            return tuple(connection.execute(query.order_by(_MESSAGES.agency)).scalars())

    def close(
        self, agency: AgencyId, closed_at: int, interval: int, fill: Fill
    ) -> Sequence[Digest] | None:
        """Close an agency's mailbox, unless it was closed less than `interval` seconds before.

        One transaction takes the turn, so that two workers make one root, has `fill` place up to
        64 messages in the order in which they came, and stores leaves, places and intent. Return
        the messages; None where it was another's turn. A turn that lies two intervals ahead, left
        by a clock that was wrong, does not count.
        """
        turn = update(mailboxes).where(
            mailboxes.c.agency == agency,
            or_(
                mailboxes.c.closed_at <= closed_at - interval,
                mailboxes.c.closed_at > closed_at + 2 * interval,
            ),
        )
        with self._database.write() as connection:
            insert_new(connection, mailboxes, [{"agency": agency, "closed_at": _NEVER}])
            if connection.execute(turn.values(closed_at=closed_at)).rowcount != 1:
                return None
            taken = connection.execute(_oldest(agency)).all()
            filled = fill([row.leaf for row in taken])
            add_intents(connection, [filled.intent])
            root = _insert_root(connection, agency, closed_at, filled)
            for row, place in zip(taken, filled.places, strict=True):
                placed = {"root": root, "leaf_index": place}
                connection.execute(
                    update(mailbox_messages).where(_MESSAGES.seq == row.seq).values(placed)
                )
        return [row.leaf for row in taken]

    def try_again(self) -> int:
        """Let the newest root of each agency that the ledger refused wait anew; return how many.

        Older ones stay refused where they carry no message: their minute is over.
        """
        newest = select(func.max(_ROOTS.seq)).group_by(_ROOTS.agency)
        carrying = select(_MESSAGES.root).where(_MESSAGES.root == _ROOTS.seq).exists()
        query = (
            select(intents.c.id)
            .join(mailbox_roots, _ROOTS.intent == intents.c.id)
            .where(intents.c.state == IntentState.FAILED.value)
            .where(or_(_ROOTS.seq.in_(newest), carrying))
        )
        with self._database.read() as connection:
            refused = connection.execute(query).scalars().all()
        if refused:
            with self._database.write() as connection:
                for intent in refused:
                    release_intent(connection, intent)
        return len(refused)


def leaves_of(joined: bytes) -> tuple[Digest, ...]:
    """Return the leaves of a root as they are stored."""
    starts = range(0, len(joined), HASH_BYTES)
    return tuple(Digest(joined[at : at + HASH_BYTES]) for at in starts)


_EVENT: Final = EVENT_TABLES[BatchAnchored]
_ANCHORED: Final = (_EVENT.c.block, _EVENT.c.block_hash, _EVENT.c.block_time, _EVENT.c.transaction)
_ANCHORED_IT: Final = (_EVENT.c.agency == _ROOTS.agency) & (_EVENT.c.root == _ROOTS.root)
_COLUMNS: Final = (_MESSAGES.agency, _MESSAGES.leaf, _MESSAGES.received_at, _MESSAGES.receipt)


def _waiting(agency: AgencyId) -> Select[Any]:
    return select(func.count()).where(_MESSAGES.agency == agency, _MESSAGES.root.is_(None))


def _message(leaf: Digest) -> Select[Any]:
    return select(*_COLUMNS).where(_MESSAGES.leaf == leaf)


def _places() -> Select[Any]:
    """Select what `_place` reads, of all messages."""
    return (
        select(
            *_COLUMNS,
            _MESSAGES.leaf_index,
            _ROOTS.root,
            _ROOTS.leaves,
            intents.c.state,
            intents.c.error,
            *_ANCHORED,
        )
        .outerjoin(mailbox_roots, _ROOTS.seq == _MESSAGES.root)
        .outerjoin(intents, intents.c.id == _ROOTS.intent)
        .outerjoin(_EVENT, _ANCHORED_IT)
    )


def _oldest(agency: AgencyId) -> Select[Any]:
    return (
        select(_MESSAGES.seq, _MESSAGES.leaf)
        .where(_MESSAGES.agency == agency, _MESSAGES.root.is_(None))
        .order_by(_MESSAGES.seq)
        .limit(LEAVES)
    )


def _insert_root(connection: Connection, agency: AgencyId, closed_at: int, filled: Filled) -> int:
    values = {
        "agency": agency,
        "root": filled.root,
        "closed_at": closed_at,
        "leaves": b"".join(filled.leaves),
        "intent": filled.intent.id,
    }
    connection.execute(insert(mailbox_roots).values(values))
    made = select(_ROOTS.seq).where(_ROOTS.intent == filled.intent.id)
    return int(connection.execute(made).scalar_one())


def _row(row: Row[Any]) -> MessageRow:
    return MessageRow(row.agency, Digest(row.leaf), row.received_at, row.receipt)


def _place(row: Row[Any]) -> MessagePlace:
    if row.root is None:
        return MessagePlace(_row(row))
    event = (row.block, row.block_hash, row.block_time, row.transaction)
    return MessagePlace(
        _row(row),
        Root(row.root),
        row.leaf_index,
        leaves_of(row.leaves),
        IntentState(row.state),
        row.error,
        None if row.block is None else Anchored(*event),
    )
