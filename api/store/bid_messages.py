"""Messages brought to be relayed: each once, by its digest, with the intent that carries it out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, or_, select, update

from api.store.appends import insert_group
from api.store.bid_tables import bid_chunks, bid_messages, bid_uploads
from api.store.database import Database
from api.store.outbox import add_intents, release_intent
from api.store.tables import intents
from ledger.errors import Refused
from ledger.outbox import Intent, IntentState
from ledger.tenders.relayed import Kind
from ledger.values import Address, AgencyId

_NAMES: Final = tuple(column.name for column in bid_messages.columns)
REFUSED: Final = "refused"
_STATE: Final = (
    intents.c.state,
    intents.c.error.label("intent_error"),
    intents.c.transaction.label("intent_transaction"),
    intents.c.block.label("intent_block"),
)


@dataclass(eq=False)
class BidMessageUnknown(Refused):
    """No message of this digest was brought here."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as stored; `outcome` is `final` or `refused`, then with `said`, its JWS.

    `lot`, `bidder` and `version` are those of a bid or withdrawal; times in Unix seconds.
    """

    digest: bytes
    kind: Kind
    tender: bytes
    agency: AgencyId
    arrived_at: int
    receipt: str
    intent: bytes | None
    lot: int | None = None
    bidder: Address | None = None
    version: int | None = None
    outcome: str | None = None
    error: str | None = None
    said: str | None = None
    transaction: bytes | None = None
    block: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the chain would not have it."""
        return self.outcome == REFUSED


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message to store, and what carries it out; None for one that the chain has already."""

    row: MessageRow
    intent: Intent | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message whose outcome is open, and where its intent stands."""

    row: MessageRow
    state: IntentState | None
    error: str | None
    transaction: bytes | None
    block: int | None


class BidMessageStore:
    """The messages, the files that bids name, and the outbox they go to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: bytes) -> MessageRow:
        """Return a message; raise `BidMessageUnknown`."""
        found = self.known([digest])
        if digest not in found:
            raise BidMessageUnknown(digest)
        return found[digest]

    def known(self, digests: Collection[bytes]) -> dict[bytes, MessageRow]:
        """Return those of the messages that are here."""
        with self._database.read() as connection:
            return _known(connection, digests)

    def received(self, files: Collection[bytes]) -> Mapping[bytes, tuple[int, int | None]]:
        """Return of each file how many bytes came here, and when it was whole, by its SHA-256.

        Of a file that several keys send the furthest upload counts; None while none is whole.
        """
        came = select(func.coalesce(func.sum(bid_chunks.c.size), 0)).where(
            bid_chunks.c.upload == bid_uploads.c.id
        )
        query = select(
            bid_uploads.c.digest,
            bid_uploads.c.size,
            bid_uploads.c.stored_at,
            came.scalar_subquery().label("came"),
        ).where(bid_uploads.c.digest.in_(files))
        found: defaultdict[bytes, tuple[int, int | None]] = defaultdict(lambda: (0, None))
        with self._database.read() as connection:
            for row in connection.execute(query):
                is_whole = row.stored_at is not None
                told = (row.size if is_whole else int(row.came), row.stored_at)
                if found[row.digest][1] is None and (is_whole or told[0] >= found[row.digest][0]):
                    found[row.digest] = told
        return found

    def add(self, wanted: Sequence[Wanted]) -> list[tuple[MessageRow, bool]]:
        """Store messages with their intents; return each as it stands, and whether it is new.

        One transaction. A digest that is here already, or came from another process meanwhile,
        keeps what it had, unless it was refused and goes out by another call now: a bid that came
        late is listed, because it lay in the mailbox in time.
        """
        try:
            return self._add(wanted)
        except self._database.driver.IntegrityError:
            return self._add(wanted)  # by now the other process's transaction is over

    def _add(self, wanted: Sequence[Wanted]) -> list[tuple[MessageRow, bool]]:
        with self._database.write() as connection:
            known = _known(connection, [each.row.digest for each in wanted])
            again = [each.row.digest for each in wanted if _goes_otherwise(each, known)]
            connection.execute(delete(bid_messages).where(bid_messages.c.digest.in_(again)))
            for digest in again:
                known.pop(digest, None)
            fresh = {each.row.digest: each for each in wanted if each.row.digest not in known}
            new = list(fresh.values())
            add_intents(connection, [each.intent for each in new if each.intent is not None])
            insert_group(connection, bid_messages, _NAMES, [_values(each.row) for each in new])
        outcomes = []
        for each in wanted:
            first = fresh.get(each.row.digest)
            stored = known[each.row.digest] if first is None else first.row
            outcomes.append((stored, first is each))
        return outcomes

    def sent(self, limit: int) -> Sequence[Sent]:
        """Return messages whose outcome is open and whose intent is at an end, oldest first.

        What the chain had already, and has no intent, is among them.
        """
        ended = intents.c.state.in_((IntentState.FINAL.value, IntentState.FAILED.value))
        query = (
            _with_intents()
            .where(bid_messages.c.outcome.is_(None), or_(bid_messages.c.intent.is_(None), ended))
            .order_by(bid_messages.c.arrived_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_sent(row) for row in connection.execute(query)]

    def settle(self, settled: Sequence[MessageRow]) -> None:
        """Keep outcomes; one that is there already stays."""
        open_ = bid_messages.c.outcome.is_(None)
        each = update(bid_messages).where(bid_messages.c.digest == bindparam("of"), open_)
        names = ("outcome", "error", "said", "transaction", "block")
        rows = [
            {"of": row.digest, **{name: getattr(row, name) for name in names}} for row in settled
        ]
        with self._database.write() as connection:
            connection.execute(each, rows)

    def try_again(self, intents_: Sequence[bytes]) -> None:
        """Let refused intents wait for the sender anew."""
        with self._database.write() as connection:
            for intent in intents_:
                release_intent(connection, intent)


def _with_intents() -> Select[Any]:
    joined = bid_messages.outerjoin(intents, intents.c.id == bid_messages.c.intent)
    return select(bid_messages, *_STATE).select_from(joined)


def _known(connection: Connection, digests: Collection[bytes]) -> dict[bytes, MessageRow]:
    query = select(bid_messages).where(bid_messages.c.digest.in_(digests))
    return {row.digest: _row(row) for row in connection.execute(query)}


def _goes_otherwise(wanted: Wanted, known: Mapping[bytes, MessageRow]) -> bool:
    row = known.get(wanted.row.digest)
    return row is not None and row.is_refused and wanted.row.intent != row.intent


def _values(row: MessageRow) -> tuple[Any, ...]:
    plain = replace(row, kind=row.kind.value)  # type: ignore[arg-type]  # psycopg knows no StrEnum
    return tuple(getattr(plain, name) for name in _NAMES)


def _row(found: Row[Any]) -> MessageRow:
    row = MessageRow(**{name: getattr(found, name) for name in _NAMES})
    return replace(row, kind=Kind(row.kind))


def _sent(found: Row[Any]) -> Sent:
    state = None if found.state is None else IntentState(found.state)
    told = (found.intent_error, found.intent_transaction, found.intent_block)
    return Sent(_row(found), state, *told)
