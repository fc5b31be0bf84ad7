"""The sender's disk in the service's database: `ledger.outbox.Outbox`, and the door to put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from api.store.database import Database
from api.store.tables import accounts, attempts, intents
from api.store.upserts import insert_new
from ledger.errors import LedgerError, Refused
from ledger.outbox import Attempt, Intent, IntentState
from ledger.values import Address

UNFINISHED = (
    IntentState.RESERVED,
    IntentState.SIGNED,
    IntentState.SENT,
    IntentState.MINED,
)


@dataclass(eq=False)
class IntentUnknown(Refused):
    """There is no such intent."""

    intent: bytes


class NonceTaken(LedgerError):
    """Another worker took this nonce or this intent meanwhile; the late one steps back."""


class SqlOutbox:
    """Implements `ledger.outbox.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, wanted: Sequence[Intent]) -> None:
        """Store intents as waiting; one that is there already, by id, stays as it is."""
        with self._database.write() as connection:
            add_intents(connection, wanted)

    def get(self, intent: bytes) -> Intent:
        """Return an intent; raise `IntentUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(select(intents).where(intents.c.id == intent)).one_or_none()
        if row is None:
            raise IntentUnknown(intent)
        return _intent_of(row)

    def waiting(self, chain_id: int, account: Address, limit: int) -> Sequence[Intent]:
        """See `Outbox`."""
        query = (
            select(intents)
            .filter_by(chain_id=chain_id, account=account, state=IntentState.WAITING.value)
            .order_by(intents.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_intent_of(row) for row in connection.execute(query)]

    def unfinished(self, chain_id: int, account: Address) -> Sequence[Intent]:
        """See `Outbox`."""
        query = (
            select(intents)
            .filter_by(chain_id=chain_id, account=account)
            .where(intents.c.state.in_([state.value for state in UNFINISHED]))
            .order_by(intents.c.nonce.nulls_first(), intents.c.seq)
        )
        with self._database.read() as connection:
            return [_intent_of(row) for row in connection.execute(query)]

    def next_nonce(self, chain_id: int, account: Address) -> int | None:
        """See `Outbox`."""
        with self._database.read() as connection:
            return _next_nonce(connection, chain_id, account)

    def set_nonce(self, chain_id: int, account: Address, nonce: int) -> None:
        """See `Outbox`."""
        with self._database.write() as connection:
            _set_account(connection, chain_id, account, next_nonce=nonce)

    def reserve(self, intent: bytes, nonce: int, gas: int) -> None:
        """See `Outbox`; raise `NonceTaken` when the intent or the nonce is not free any more."""
        with self._database.write() as connection:
            row = connection.execute(
                select(intents).where(intents.c.id == intent).with_for_update()
            ).one_or_none()
            if row is None:
                raise IntentUnknown(intent)
            # The counter moves only from this nonce to the next: a second worker finds no row.
            moved = connection.execute(
                update(accounts)
                .filter_by(chain_id=row.chain_id, account=row.account, next_nonce=nonce)
                .values(next_nonce=nonce + 1)
            )
            if row.state != IntentState.WAITING or moved.rowcount != 1:
                raise NonceTaken
            _set_intent(connection, intent, state=IntentState.RESERVED, nonce=nonce, gas=gas)

    def release(self, intent: bytes) -> None:
        """See `Outbox`."""
        with self._database.write() as connection:
            release_intent(connection, intent)

    def add_attempt(self, attempt: Attempt) -> None:
        """See `Outbox`."""
        row = {
            "hash": attempt.hash,
            "intent": attempt.intent,
            "raw": attempt.raw,
            "nonce": attempt.nonce,
            "max_fee": attempt.max_fee,
            "priority_fee": attempt.priority_fee,
            "at": attempt.at,
        }
        with self._database.write() as connection:
            insert_new(
                connection, attempts, [row]
            )  # signatures are deterministic: same hash, same bytes
            _set_intent(connection, attempt.intent, state=IntentState.SIGNED)

    def attempts(self, intent: bytes) -> Sequence[Attempt]:
        """See `Outbox`."""
        query = select(attempts).where(attempts.c.intent == intent).order_by(attempts.c.seq)
        with self._database.read() as connection:
            return [
                Attempt(
                    row.intent,
                    row.hash,
                    row.raw,
                    row.nonce,
                    row.max_fee,
                    row.priority_fee,
                    row.at,
                )
                for row in connection.execute(query)
            ]

    def mark(
        self,
        intent: bytes,
        state: IntentState,
        *,
        error: str | None = None,
        receipt: tuple[int, bytes, bytes] | None = None,
    ) -> None:
        """See `Outbox`; without `receipt` a receipt noted earlier is kept unless it fell out."""
        block, block_hash, transaction = receipt or (None, None, None)
        values: dict[str, Any] = {"state": state, "error": error}
        if receipt is not None or state is IntentState.SENT:
            values |= {"block": block, "block_hash": block_hash, "transaction": transaction}
        with self._database.write() as connection:
            _set_intent(connection, intent, **values)

    def halt(self, chain_id: int, account: Address, reason: str) -> None:
        """See `Outbox`."""
        with self._database.write() as connection:
            _set_account(connection, chain_id, account, halted=reason)

    def halted(self, chain_id: int, account: Address) -> str:
        """See `Outbox`."""
        query = select(accounts.c.halted).filter_by(chain_id=chain_id, account=account)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or ""


def release_intent(connection: Connection, intent: bytes) -> None:
    """Put an intent back to waiting, without nonce and attempts."""
    connection.execute(delete(attempts).where(attempts.c.intent == intent))
    _set_intent(
        connection,
        intent,
        state=IntentState.WAITING,
        nonce=None,
        gas=None,
        error=None,
        block=None,
        block_hash=None,
        transaction=None,
    )


def add_intents(connection: Connection, wanted: Sequence[Intent]) -> None:
    """Store intents as part of the transaction that stores the rows they serve."""
    insert_new(
        connection,
        intents,
        [
            {
                "id": intent.id,
                "chain_id": intent.chain_id,
                "account": intent.account,
                "to": intent.to,
                "call": intent.call,
                "state": IntentState.WAITING.value,
            }
            for intent in wanted
        ],
    )


def _next_nonce(connection: Connection, chain_id: int, account: Address) -> int | None:
    query = select(accounts.c.next_nonce).filter_by(chain_id=chain_id, account=account)
    return connection.execute(query).scalar_one_or_none()


def _set_account(connection: Connection, chain_id: int, account: Address, **values: Any) -> None:
    key = {"chain_id": chain_id, "account": account}
    insert_new(connection, accounts, [{**key, "halted": ""}])
    connection.execute(update(accounts).filter_by(**key).values(**values))


def _set_intent(connection: Connection, intent: bytes, **values: Any) -> None:
    if "state" in values:
        values["state"] = IntentState(values["state"]).value
    done = connection.execute(update(intents).where(intents.c.id == intent).values(**values))
    if done.rowcount != 1:
        raise IntentUnknown(intent)


def _intent_of(row: Row[Any]) -> Intent:
    return Intent(
        id=row.id,
        chain_id=row.chain_id,
        account=row.account,
        to=row.to,
        call=row.call,
        state=IntentState(row.state),
        nonce=row.nonce,
        gas=row.gas,
        error=row.error,
        block=row.block,
        block_hash=row.block_hash,
        transaction=row.transaction,
    )
