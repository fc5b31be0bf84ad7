"""Status changes: asked for, waiting for their day or their successor, sent, done.

A change's `id` makes it happen once: whoever asks on behalf of an event (a suspension that ended, a
successor that was anchored) derives the id from that event, and a second request changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select, update

from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.outbox import add_intents, release_intent
from api.store.tables import changes, intents, licences, records
from api.store.upserts import insert_new
from ledger.errors import Refused
from ledger.outbox import Intent, IntentState
from ledger.typed_data import CoSignature
from ledger.values import Address, AgencyId, Digest, Status

_PASSING: Final = ("RoleMissing", "AgencyNotActive")


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
    has an `error` and no intent.
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
    intent: bytes | None = None
    state: IntentState | None = None
    error: str | None = None
    block: int | None = None
    block_hash: bytes | None = None
    transaction: bytes | None = None


class ChangeStore:
    """The status changes asked for here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[ChangeRow], wanted: Sequence[Intent] = ()) -> None:
        """Store changes, with the intents of those to be sent at once, in one transaction.

        A change whose id is there already stays as it is.
        """
        with self._database.write() as connection:
            add_intents(connection, wanted)
            insert_new(connection, changes, [_columns_of(row) for row in rows])

    def add_alone(
        self,
        row: ChangeRow,
        wanted: Sequence[Intent] = (),
        settlement: Settlement | None = None,
    ) -> None:
        """Store a change as `add` does, unless another of its licence is on its way.

        The answer that is kept for a repeat goes with it.

        Raises:
            ChangePending: for that other one.
            RequestInFlight: when the answer's turn was lost meanwhile.
        """
        licence = select(records.c.seq).where(records.c.digest == row.digest).with_for_update()
        earlier = (
            select(changes.c.id)
            .join(intents, intents.c.id == changes.c.intent)
            .where(changes.c.digest == row.digest, intents.c.state.in_(_UNDER_WAY))
            .limit(1)
        )
        with self._database.write() as connection:
            connection.execute(licence)
            pending = connection.execute(earlier).scalar_one_or_none()
            if pending is not None:
                raise ChangePending(pending)
            add_intents(connection, wanted)
            insert_new(connection, changes, [_columns_of(row)])
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

    def due(self, now: int, limit: int) -> tuple[ChangeRow, ...]:
        """Return changes not sent yet whose day has come, oldest first.

        Of those that wait for a record only such are returned whose record is in a batch.
        """
        ready = changes.c.waits_for.is_(None) | changes.c.waits_for.in_(
            select(records.c.digest).where(records.c.batch.is_not(None))
        )
        unsent = changes.c.intent.is_(None) & changes.c.error.is_(None)
        return self._where(unsent & (changes.c.not_before <= now) & ready, limit)

    def send(self, change: ChangeRow, intent: Intent) -> None:
        """Give a due change its intent, in one transaction; `effective_at` as it goes on chain."""
        with self._database.write() as connection:
            add_intents(connection, [intent])
            connection.execute(
                update(changes)
                .where(changes.c.id == change.id, changes.c.intent.is_(None))
                .values(intent=intent.id, effective_at=change.effective_at)
            )

    def park(self, change: bytes, error: str) -> None:
        """Note why a due change will not be sent."""
        with self._database.write() as connection:
            connection.execute(update(changes).where(changes.c.id == change).values(error=error))

    def try_again(self) -> int:
        """Let supersedings that were refused wait for the sender anew; return how many.

        Only for a cause that may pass: a predecessor revoked meanwhile stays so.
        """
        query = (
            select(intents.c.id)
            .join(changes, changes.c.intent == intents.c.id)
            .where(
                intents.c.state == IntentState.FAILED.value,
                intents.c.error.in_(_PASSING),
                changes.c.status == int(Status.SUPERSEDED),
            )
        )
        with self._database.read() as connection:
            refused = connection.execute(query).scalars().all()
        if refused:
            with self._database.write() as connection:
                for intent in refused:
                    release_intent(connection, intent)
        return len(refused)

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
            .order_by(later.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def _where(
        self, condition: ColumnElement[bool], limit: int | None = None
    ) -> tuple[ChangeRow, ...]:
        query = (
            select(
                changes,
                intents.c.state,
                intents.c.error.label("intent_error"),
                intents.c.block,
                intents.c.block_hash,
                intents.c.transaction,
            )
            .outerjoin(intents, intents.c.id == changes.c.intent)
            .where(condition)
            .order_by(changes.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(_change_of(row) for row in connection.execute(query))


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
        error=row.error,
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
