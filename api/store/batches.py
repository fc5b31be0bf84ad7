"""Batches: which records share a root, in which order, and how far the root has come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select

from api.store.appends import insert_group
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.outbox import add_intents, release_intent
from api.store.records import RecordUnknown
from api.store.tables import batches, crowns, intents, records
from ledger.events import BatchAnchored
from ledger.merkle import BLOCK, Crown, Tree
from ledger.outbox import Intent, IntentState
from ledger.values import AgencyId, Digest, RecordKind, Root

_PADDED: Final = ("digest", "agency", "kind", "document", "issued_at", "batch", "leaf_index")


@dataclass(frozen=True, slots=True)
class Pending:
    """What of one agency and kind waits for a batch; `oldest_at` in Unix seconds."""

    agency: AgencyId
    kind: RecordKind
    count: int
    oldest_at: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """The root over a batch's leaves, what is kept of their tree, the intent that anchors it."""

    root: Root
    crown: Crown
    intent: Intent

    @classmethod
    def of(cls, tree: Tree, intent: Intent) -> "Sealed":
        """Return a batch's tree sealed."""
        return cls(tree.root, tree.crown, intent)


Padding = Callable[[int], Sequence[Digest]]
"""Gives random leaves to a batch of so many."""
Seal = Callable[[Sequence[Digest]], Sealed]
"""Makes root and intent of the digests in leaf order."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A closed batch; `intent` is the id of what anchors it."""

    id: int
    agency: AgencyId
    kind: RecordKind
    root: Root
    size: int
    closed_at: int
    intent: bytes


@dataclass(frozen=True, slots=True)
class Anchored:
    """The event that anchored a root, as the projection has it."""

    block: int
    block_hash: bytes
    block_time: int
    transaction: bytes


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record stands on its way: batch and leaf once closed, the event once on chain."""

    digest: Digest
    agency: AgencyId
    kind: RecordKind
    batch: int | None = None
    leaf_index: int | None = None
    root: Root | None = None
    size: int | None = None
    intent_state: IntentState | None = None
    intent_error: str | None = None
    anchored: Anchored | None = None


@dataclass(frozen=True, slots=True)
class LeafPlace:
    """A record in a closed batch; `block` has the digests of its block, in leaf order."""

    batch: int
    agency: AgencyId
    root: Root
    leaf_index: int
    block: tuple[Digest, ...]


class BatchStore:
    """The batches made here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self) -> tuple[Pending, ...]:
        """Return what waits for a batch, by agency and kind."""
        query = (
            select(records.c.agency, records.c.kind, func.count(), func.min(records.c.issued_at))
            .where(records.c.batch.is_(None))
            .group_by(records.c.agency, records.c.kind)
            .order_by(records.c.agency, records.c.kind)
        )
        with self._database.read() as connection:
            return tuple(
                Pending(agency, RecordKind(kind), count, oldest)
                for agency, kind, count, oldest in connection.execute(query)
            )

    def close(
        self,
        agency: AgencyId,
        kind: RecordKind,
        limit: int,
        closed_at: int,
        seal: Seal,
        pad: Padding = lambda _: (),
    ) -> BatchRow | None:
        """Close a batch of the oldest waiting records, in the order they were stored.

        One transaction claims them (passing over what another worker has in hand), has `seal`
        make root and intent, and stores batch, leaf indices and intent. None: nothing waited.
        What `pad` gives are leaves after theirs, records of which there is no document.
        """
        claim = (
            select(records.c.seq, records.c.digest)
            .where(
                records.c.batch.is_(None), records.c.agency == agency, records.c.kind == int(kind)
            )
            .order_by(records.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            claimed = connection.execute(claim).all()
            if not claimed:
                return None
            padding = pad(len(claimed))
            size = len(claimed) + len(padding)
            sealed = seal([*(row.digest for row in claimed), *padding])
            add_intents(connection, [sealed.intent])
            values = {
                "agency": agency,
                "kind": int(kind),
                "root": sealed.root,
                "size": size,
                "closed_at": closed_at,
                "intent": sealed.intent.id,
            }
            batch = add_batch(connection, values, sealed.crown)
            _put_in(connection, batch, [row.seq for row in claimed])
            given = (agency, int(kind), "", closed_at, batch)
            rows = [(digest, *given, len(claimed) + n) for n, digest in enumerate(padding)]
            insert_group(connection, records, _PADDED, rows)
        return BatchRow(batch, agency, kind, sealed.root, size, closed_at, sealed.intent.id)

    def try_again(self) -> int:
        """Let the anchors that the ledger refused wait for the sender anew; return how many."""
        query = (
            select(intents.c.id)
            .join(batches, batches.c.intent == intents.c.id)
            .where(intents.c.state == IntentState.FAILED.value)
        )
        with self._database.read() as connection:
            refused = connection.execute(query).scalars().all()
        if refused:
            with self._database.write() as connection:
                for intent in refused:
                    release_intent(connection, intent)
        return len(refused)

    def place_of(self, digest: Digest) -> RecordPlace:
        """Return where a record stands; raise `RecordUnknown`."""
        query = _places().where(records.c.digest == digest)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise RecordUnknown(digest)
        return _place_of(digest, row)

    def anchored(self, batch: int) -> Anchored | None:
        """Return the event that anchored a batch's root, None while there is none."""
        query = select(*_ANCHORED).join(batches, _ANCHORED_IT).where(batches.c.seq == batch)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Anchored(*row)

    def leaves(self, batch: int) -> tuple[Digest, ...]:
        """Return a batch's digests in leaf order; they never change once it is closed."""
        query = (
            select(records.c.digest).where(records.c.batch == batch).order_by(records.c.leaf_index)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def crown(self, batch: int) -> Crown:
        """Return what is kept of a batch's tree; it never changes."""
        query = select(batches.c.size, crowns.c.nodes).join(crowns).where(batches.c.seq == batch)
        with self._database.read() as connection:
            return Crown(*connection.execute(query).one())

    def leaf(self, digest: Digest) -> LeafPlace | None:
        """Return where a record lies in its batch; None while, or where, there is none."""
        with self._database.read() as connection:
            found = connection.execute(_LEAF, {"digest": digest}).all()
        if not found:
            return None
        batch, agency, root, leaf_index, _ = found[0]
        block = tuple(beside for *_, beside in found)
        return LeafPlace(batch, agency, root, leaf_index, block)


def add_batch(connection: Connection, values: Mapping[str, Any], crown: Crown) -> int:
    """Store a closed batch and what is kept of its tree; return its number."""
    connection.execute(insert(batches).values(values))
    own = batches.c.agency == values["agency"], batches.c.root == values["root"]
    number: int = connection.execute(select(batches.c.seq).where(*own)).scalar_one()
    connection.execute(insert(crowns).values(batch=number, nodes=crown.nodes))
    return number


_EVENT: Final = EVENT_TABLES[BatchAnchored]
_ANCHORED: Final = (
    _EVENT.c.block,
    _EVENT.c.block_hash,
    _EVENT.c.block_time,
    _EVENT.c.transaction,
)
_BESIDE: Final = records.alias("beside")
_FIRST: Final = records.c.leaf_index - records.c.leaf_index % BLOCK
_LEAF: Final = (
    select(batches.c.seq, batches.c.agency, batches.c.root, records.c.leaf_index, _BESIDE.c.digest)
    .join(batches, batches.c.seq == records.c.batch)
    .join(_BESIDE, _BESIDE.c.batch == records.c.batch)
    .where(records.c.digest == bindparam("digest"))
    .where(_BESIDE.c.leaf_index.between(_FIRST, _FIRST + BLOCK - 1))
    .order_by(_BESIDE.c.leaf_index)
)
_ANCHORED_IT: Final = (_EVENT.c.agency == batches.c.agency) & (_EVENT.c.root == batches.c.root)


def _put_in(connection: Connection, batch: int, members: list[int]) -> None:
    """Give records their batch and leaf in one statement: a row each took twice as long."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "UPDATE records SET batch = %s, leaf_index = place.leaf - 1 "
            "FROM unnest(%s::bigint[]) WITH ORDINALITY AS place (seq, leaf) "
            "WHERE records.seq = place.seq",
            (batch, members),
        )
    else:
        connection.exec_driver_sql(
            "UPDATE records SET batch = ?, leaf_index = place.key "
            "FROM json_each(?) AS place WHERE records.seq = place.value",
            (batch, orjson.dumps(members).decode()),
        )


def _places() -> Select[Any]:
    """Select what `_place_of` reads, of all records."""
    return (
        select(
            records.c.agency,
            records.c.kind,
            records.c.batch,
            records.c.leaf_index,
            batches.c.root,
            batches.c.size,
            intents.c.state,
            intents.c.error,
            *_ANCHORED,
        )
        .outerjoin(batches, batches.c.seq == records.c.batch)
        .outerjoin(intents, intents.c.id == batches.c.intent)
        .outerjoin(_EVENT, _ANCHORED_IT)
    )


def _place_of(digest: Digest, row: Row[Any]) -> RecordPlace:
    kind = RecordKind(row.kind)
    if row.batch is None:
        return RecordPlace(digest, row.agency, kind)
    event = (row.block, row.block_hash, row.block_time, row.transaction)
    return RecordPlace(
        digest,
        row.agency,
        kind,
        row.batch,
        row.leaf_index,
        row.root,
        row.size,
        IntentState(row.state),
        row.error,
        None if row.block is None else Anchored(*event),
    )
