"""Status changes: asked for, waiting for their day or their successor, sent, done.

How they share transactions is `api.store.packs`. A change's `id` makes it happen once: whoever asks
on behalf of an event (a suspension that ended, a successor that was anchored) derives the id from
that event, and a second request changes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, update

from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.records import RecordRow, insert_records
from api.store.tables import changes, intents, licences, projected_blocks, records
from api.store.upserts import insert_new
from ledger.errors import AgencyNotActive, Refused, RoleMissing
from ledger.outbox import IntentState
from ledger.typed_data import CoSignature
from ledger.values import Address, AgencyId, Digest, Status

PASSING: Final = (RoleMissing.__name__, AgencyNotActive.__name__)
"""Refusals whose cause may pass: what was refused so is sent again."""
_ON_CHAIN: Final = (IntentState.MINED.value, IntentState.FINAL.value)
_UNDER_WAY: Final = (
    IntentState.WAITING.value,
    IntentState.RESERVED.value,
    IntentState.SIGNED.value,
    IntentState.SENT.value,
)


@dataclass(eq=False)
class ChangePending(Refused):
    """An earlier change of this licence's status is still on its way."""

    change: bytes


@dataclass(eq=False)
class ChangeUnknown(Refused):
    """There is no such status change."""

    change: bytes


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One licence's change of status; times in Unix seconds, `id` 16 bytes.

    It is sent once `not_before` has come and the record `waits_for`, if any, is anchored. `intent`,
    `state`, `error` and `block` tell how the sending went; a change parked before it could be sent
    has an `error` and no intent. `decision` is the digest of the document behind it. One of a
    change set goes in the set's call number `part`.
    """

    id: bytes
    digest: Digest
    agency: AgencyId
    list: int
    index: int
    status: Status
    reason: int
    effective_at: int
    until: int
    requested_by: str
    requested_at: int
    not_before: int = 0
    waits_for: Digest | None = None
    co_signature: CoSignature | None = None
    change_set: int | None = None
    part: int | None = None
    intent: bytes | None = None
    state: IntentState | None = None
    error: str | None = None
    block: int | None = None
    block_hash: bytes | None = None
    transaction: bytes | None = None
    decision: Digest | None = None

    @property
    def is_tried_again(self) -> bool:
        """Whether it was refused for a cause that may pass, and is sent again."""
        return self.state is IntentState.FAILED and self.error in PASSING


class ChangeStore:
    """The status changes asked for here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[ChangeRow]) -> None:
        """Store changes, to be sent when their day comes, in one transaction.

        A change whose id is there already stays as it is.
        """
        with self._database.write() as connection:
            add_changes(connection, rows)

    def add_alone(
        self,
        row: ChangeRow,
        settlement: Settlement | None = None,
        decision: RecordRow | None = None,
    ) -> None:
        """Store a change as `add` does, unless another of its licence is on its way.

        The answer that is kept for a repeat goes with it, and so does its decision, which waits to
        be anchored from then on.

        Raises:
            ChangePending: for that other one.
            RequestInFlight: when the answer's turn was lost meanwhile.
        """
        licence = select(records.c.seq).where(records.c.digest == row.digest).with_for_update()
        earlier = pending(row.requested_at).where(changes.c.digest == row.digest).limit(1)
        with self._database.write() as connection:
            connection.execute(licence)
            found = connection.execute(earlier).first()
            if found is not None:
                raise ChangePending(found.id)
            insert_records(connection, [] if decision is None else [decision])
            add_changes(connection, [row])
            settle(connection, settlement)

    def get(self, change: bytes) -> ChangeRow:
        """Return a change; raise `ChangeUnknown`."""
        found = self._where(changes.c.id == change)
        if not found:
            raise ChangeUnknown(change)
        return found[0]

    def holds(self, change: bytes) -> bool:
        """Whether a change with this id is stored."""
        with self._database.read() as connection:
            query = select(changes.c.seq).where(changes.c.id == change)
            return connection.execute(query).first() is not None

    def of(self, digest: Digest) -> tuple[ChangeRow, ...]:
        """Return a licence's changes in the order they were asked for."""
        return self._where(changes.c.digest == digest)

    def is_under_way(self, digest: Digest, to: Collection[Status], now: int) -> bool:
        """Whether a change to one of these statuses is on its way (see `pending`).

        One that the chain refused for a cause that may pass is: it is sent again.
        """
        statuses = [int(each) for each in to]
        wanted = (changes.c.digest == digest) & changes.c.status.in_(statuses)
        refused = (intents.c.state == IntentState.FAILED.value) & intents.c.error.in_(PASSING)
        again = select(changes.c.id).join(intents, intents.c.id == changes.c.intent).where(refused)
        with self._database.read() as connection:
            return any(
                connection.execute(query.where(wanted).limit(1)).first() is not None
                for query in (pending(now), again)
            )

    def undecided(self, limit: int) -> tuple[ChangeRow, ...]:
        """Return changes on chain without a decision, oldest first, up to `limit` an agency."""
        on_chain = changes.c.decision.is_(None) & intents.c.state.in_(_ON_CHAIN)
        agencies = (
            select(changes.c.agency)
            .join(intents, intents.c.id == changes.c.intent)
            .where(on_chain)
            .distinct()
            .order_by(changes.c.agency)
        )
        with self._database.read() as connection:
            found = connection.execute(agencies).scalars().all()
        return tuple(
            row
            for agency in found
            for row in self._where((changes.c.agency == agency) & on_chain, limit)
        )

    def decide(self, change: bytes, decision: RecordRow) -> bool:
        """Store the decision of a change that has none; return whether it had none."""
        undecided = (changes.c.id == change) & changes.c.decision.is_(None)
        with self._database.write() as connection:
            named = update(changes).where(undecided).values(decision=decision.digest)
            is_new = connection.execute(named).rowcount == 1
            insert_records(connection, [decision] if is_new else [])
        return is_new

    def successions(self, limit: int) -> tuple[tuple[Digest, Digest, int], ...]:
        """Return (successor, predecessor, reason) where the predecessor's change is not stored.

        Only successors that are in a batch, and predecessors that were issued here.
        """
        later = licences.alias()
        known = select(changes.c.seq).where(changes.c.waits_for == later.c.digest)
        query = (
            select(later.c.digest, later.c.predecessor, later.c.predecessor_reason)
            .join(records, records.c.digest == later.c.digest)
            .join(licences, licences.c.digest == later.c.predecessor)
            .where(later.c.predecessor.is_not(None), records.c.batch.is_not(None), ~known.exists())
            # In the order of the index of successors: in that of `seq` every licence would be read.
            .order_by(later.c.predecessor, later.c.version)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def _where(
        self, condition: ColumnElement[bool], limit: int | None = None
    ) -> tuple[ChangeRow, ...]:
        query = with_progress().where(condition).limit(limit)
        with self._database.read() as connection:
            return changes_of(connection.execute(query))


def pending(now: int) -> Select[Any]:
    """Return the query for the ids and digests of changes on their way, or due to go.

    One that is mined is so until its block is in the projection, where its effect is seen.
    One that waits for a later day or for a successor's anchor is not: until then others may come.
    """
    is_due = (
        changes.c.intent.is_(None)
        & changes.c.error.is_(None)
        & changes.c.waits_for.is_(None)
        & (changes.c.not_before <= now)
    )
    head = select(func.coalesce(func.max(projected_blocks.c.block), -1)).scalar_subquery()
    is_unread = intents.c.state.in_(_ON_CHAIN) & (intents.c.block > head)
    return (
        select(changes.c.id, changes.c.digest)
        .outerjoin(intents, intents.c.id == changes.c.intent)
        .where(intents.c.state.in_(_UNDER_WAY) | is_unread | is_due)
    )


def add_changes(connection: Connection, rows: Sequence[ChangeRow]) -> None:
    """Store changes as part of a transaction; one whose id is there already stays as it is."""
    insert_new(connection, changes, [_columns_of(row) for row in rows])


def with_progress() -> Select[Any]:
    """Return the query for changes, in the order they were asked for, with how far each is."""
    return (
        select(
            changes,
            intents.c.state,
            intents.c.error.label("intent_error"),
            intents.c.block,
            intents.c.block_hash,
            intents.c.transaction,
        )
        .outerjoin(intents, intents.c.id == changes.c.intent)
        .order_by(changes.c.seq)
    )


def changes_of(found: Iterable[Row[Any]]) -> tuple[ChangeRow, ...]:
    """Return the changes in rows that `with_progress` gave."""
    return tuple(_change_of(row) for row in found)


def _columns_of(row: ChangeRow) -> dict[str, Any]:
    signature = row.co_signature
    return {
        "id": row.id,
        "digest": row.digest,
        "agency": row.agency,
        "list": row.list,
        "idx": row.index,
        "status": int(row.status),
        "reason": row.reason,
        "effective_at": row.effective_at,
        "until": row.until,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at,
        "not_before": row.not_before,
        "waits_for": row.waits_for,
        "approver": None if signature is None else signature.approver,
        "co_nonce": None if signature is None else signature.nonce.to_bytes(32),
        "co_deadline": None if signature is None else signature.deadline,
        "co_signature": None if signature is None else signature.signature,
        "intent": row.intent,
        "error": row.error,
        "decision": row.decision,
        "change_set": row.change_set,
        "part": row.part,
    }


def _change_of(row: Row[Any]) -> ChangeRow:
    change = ChangeRow(
        id=row.id,
        digest=row.digest,
        agency=row.agency,
        list=row.list,
        index=row.idx,
        status=Status(row.status),
        reason=row.reason,
        effective_at=row.effective_at,
        until=row.until,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        not_before=row.not_before,
        waits_for=row.waits_for,
        co_signature=_co_signature_of(row),
        change_set=row.change_set,
        part=row.part,
        error=row.error,
        decision=row.decision,
    )
    if row.intent is None:
        return change
    return replace(
        change,
        intent=row.intent,
        state=IntentState(row.state),
        error=row.intent_error,
        block=row.block,
        block_hash=row.block_hash,
        transaction=row.transaction,
    )


def _co_signature_of(row: Row[Any]) -> CoSignature | None:
    if row.approver is None:
        return None
    return CoSignature(
        Address(row.approver), int.from_bytes(row.co_nonce), row.co_deadline, row.co_signature
    )
