"""The sender's disk in the service's database: `ledger.outbox.Outbox`, and the door to put in."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, literal, select, update

from api.store.database import Database
from api.store.tables import accounts, attempts, intents
from api.store.upserts import insert_new
from ledger.errors import LedgerError, Refused
from ledger.outbox import Attempt, Intent, IntentState, Receipt, Standing
from ledger.values import Address

UNFINISHED = (
    IntentState.RESERVED,
    IntentState.SIGNED,
    IntentState.SENT,
    IntentState.MINED,
)
# Written out, and as the partial indices have it: SQLite finds none by a value that it is handed.
_WAITING: Final = literal(IntentState.WAITING.value, literal_execute=True)
_UNFINISHED: Final[BindParameter[Any]] = bindparam(
    "unfinished", [state.value for state in UNFINISHED], expanding=True, literal_execute=True
)
NO_RECEIPT: Final = dict.fromkeys(field.name for field in fields(Receipt))
"""The columns of a receipt, as they are without one."""
_EACH: Final = update(intents).where(intents.c.id == bindparam("of"))
"""Sets what each of its rows says."""


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
            .filter_by(chain_id=chain_id, account=account)
            .where(intents.c.state == _WAITING)
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
            .where(intents.c.state.in_(_UNFINISHED))
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

    def reserve(self, gas: Mapping[bytes, int], nonce: int) -> None:
        """See `Outbox`; raise `NonceTaken` when an intent or a nonce is not free any more."""
        wanted = select(intents.c.chain_id, intents.c.account, intents.c.state)
        with self._database.write() as connection:
            found = connection.execute(
                wanted.where(intents.c.id.in_(gas)).order_by(intents.c.seq).with_for_update()
            ).all()
            if len(found) != len(gas):
                raise IntentUnknown(next(iter(gas)))
            # The counter moves only from this nonce on: a second worker finds no row.
            moved = connection.execute(
                update(accounts)
                .filter_by(chain_id=found[0].chain_id, account=found[0].account, next_nonce=nonce)
                .values(next_nonce=nonce + len(gas))
            )
            if moved.rowcount != 1 or any(row.state != IntentState.WAITING for row in found):
                raise NonceTaken
            state = IntentState.RESERVED.value
            rows = [
                {"of": intent, "state": state, "nonce": taken, "gas": limit}
                for taken, (intent, limit) in enumerate(gas.items(), nonce)
            ]
            connection.execute(_EACH, rows)

    def release(self, intent: bytes) -> None:
        """See `Outbox`."""
        with self._database.write() as connection:
            release_intent(connection, intent)

    def add_attempts(self, signed: Sequence[Attempt]) -> None:
        """See `Outbox`; signatures are deterministic: same hash, same bytes."""
        with self._database.write() as connection:
            insert_new(connection, attempts, list(map(asdict, signed)))
            _set_intents(connection, [one.intent for one in signed], state=IntentState.SIGNED)

    def attempts(self, intent: bytes) -> Sequence[Attempt]:
        """See `Outbox`."""
        return self.attempts_of([intent]).get(intent, ())

    def attempts_of(self, intents: Collection[bytes]) -> Mapping[bytes, Sequence[Attempt]]:
        """See `Outbox`."""
        if not intents:
            return {}
        query = select(attempts).where(attempts.c.intent.in_(intents)).order_by(attempts.c.seq)
        found: defaultdict[bytes, list[Attempt]] = defaultdict(list)
        with self._database.read() as connection:
            for row in connection.execute(query):
                found[row.intent].append(_attempt_of(row))
        return found

    def mark(
        self,
        intent: bytes,
        state: IntentState,
        *,
        error: str | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        """See `Outbox`; without `receipt` a receipt noted earlier is kept."""
        values: dict[str, Any] = {} if receipt is None else asdict(receipt)
        with self._database.write() as connection:
            _set_intents(connection, [intent], state=state, error=error, **values)

    def mark_sent(self, sent: Collection[bytes]) -> None:
        """See `Outbox`; a receipt noted earlier goes."""
        with self._database.write() as connection:
            _set_intents(connection, sent, state=IntentState.SENT, error=None, **NO_RECEIPT)

    def settle(self, found: Mapping[bytes, Standing]) -> None:
        """See `Outbox`."""
        rows = [
            {"of": intent, "state": state.value, "error": None, **asdict(receipt)}
            for intent, (state, receipt) in found.items()
        ]
        with self._database.write() as connection:
            connection.execute(_EACH, rows)

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
    _set_intents(
        connection,
        [intent],
        state=IntentState.WAITING,
        nonce=None,
        gas=None,
        error=None,
        **NO_RECEIPT,
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


def _set_intents(
    connection: Connection, marked: Collection[bytes], *, state: IntentState, **values: Any
) -> None:
    """Set the same of each; raise `IntentUnknown` when one is missing."""
    set_ = update(intents).where(intents.c.id.in_(marked)).values(state=state.value, **values)
    if connection.execute(set_).rowcount != len(marked):
        raise IntentUnknown(next(iter(marked)))


def _attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(row.intent, row.hash, row.raw, row.nonce, row.max_fee, row.priority_fee, row.at)


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
