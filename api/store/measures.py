"""How much waits, for how long, and what it cost: numbers alone, nothing that names a record."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Double, cast, func, or_, select

from api.store.database import Database
from api.store.mailbox_tables import mailboxes
from api.store.status_bits import WORD_OF_LICENCE, status_entry
from api.store.tables import accounts, batches, intents, jobs, licences, records, status_words
from ledger.outbox import IntentState
from ledger.values import Status

_IN_A_BLOCK: Final = (IntentState.MINED.value, IntentState.FINAL.value)
_PAID: Final = (IntentState.FINAL.value, IntentState.FAILED.value)
_SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is on its way; `oldest_unanchored` in Unix seconds, None when all is in a block.

    `parked` counts failed intents by their error, `halted` accounts that stand still by reason.
    """

    unbatched: int
    oldest_unanchored: int | None
    intents: Mapping[str, int]
    jobs: Mapping[str, int]
    parked: Mapping[str, int] = field(default_factory=dict)
    halted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """Transactions that are final, reverted ones among them, with their gas and fees in wei."""

    transactions: int = 0
    gas: int = 0
    fees: float = 0.0


class MeasureStore:
    """Counts what waits and adds up what was spent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> Waiting:
        """Return what waits, as of one state of the database."""
        with self._database.read() as connection:
            unbatched, oldest = _unanchored(connection)
            states, parked = _by_state(connection)
            stopped = select(accounts.c.halted, func.count()).group_by(accounts.c.halted)
            halted = {reason: count for reason, count in connection.execute(stopped) if reason}
            orders = _unfinished_jobs(connection)
        return Waiting(unbatched, oldest, states, orders, parked, halted)

    def running_out(self, now: int, ends: Mapping[str, int]) -> Mapping[str, int]:
        """Count by type the licences in force that end before `ends` and have no successor.

        `ends` names a moment for each type, Unix seconds.
        """
        later = licences.alias()
        renewed = select(later.c.seq).where(later.c.predecessor == licences.c.digest)
        soon = [(licences.c.type_id == t) & (licences.c.exp < end) for t, end in ends.items()]
        query = (
            select(licences.c.type_id, func.count())
            .outerjoin(status_words, WORD_OF_LICENCE)
            .where(licences.c.exp >= now, licences.c.exp < max(ends.values(), default=now))
            .where(or_(False, *soon), ~renewed.exists())  # noqa: FBT003  # SQL's FALSE
            .group_by(licences.c.type_id)
        )
        with self._database.read() as connection:
            stands = status_entry(connection) == int(Status.VALID)
            found = {row[0]: row[1] for row in connection.execute(query.where(stands))}
        return {type_id: found.get(type_id, 0) for type_id in ends}

    def mailbox_closed_at(self) -> int | None:
        """Return when a mailbox was closed last, in Unix seconds; None before the first."""
        with self._database.read() as connection:
            found: int | None = connection.execute(
                select(func.max(mailboxes.c.closed_at))
            ).scalar_one()
        return found

    def spent(self) -> Mapping[bytes, Spent]:
        """Return what the final transactions cost, by the selector of their call (4 bytes).

        Not those in a block that may still fall out, so that a sum seldom falls. An intent that
        was sent again counts by its last receipt.
        """
        # In floats: a database's integers would not hold a million transactions' wei.
        fee = cast(intents.c.gas_used, Double) * intents.c.gas_price
        selector = func.substr(intents.c.call, 1, _SELECTOR_BYTES)
        query = (
            select(selector, func.count(), func.sum(intents.c.gas_used), func.sum(fee))
            .where(intents.c.state.in_(_PAID), intents.c.gas_used.is_not(None))
            .group_by(selector)
        )
        with self._database.read() as connection:
            return {
                bytes(called): Spent(count, int(gas), float(fees or 0))
                for called, count, gas, fees in connection.execute(query)
            }


def _unanchored(connection: Connection) -> tuple[int, int | None]:
    """Return how many records are in no batch, and when the oldest in no block was issued."""
    unbatched = select(func.count(), func.min(records.c.issued_at)).where(records.c.batch.is_(None))
    # Batches on their way are few; their records are found by the index of leaves.
    under_way = (
        select(func.min(records.c.issued_at))
        .join(batches, batches.c.seq == records.c.batch)
        .join(intents, intents.c.id == batches.c.intent)
        .where(intents.c.state.not_in(_IN_A_BLOCK))
    )
    count, oldest = connection.execute(unbatched).one()
    sent = connection.execute(under_way).scalar_one()
    return count, min((at for at in (oldest, sent) if at is not None), default=None)


def _by_state(connection: Connection) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Count the intents by state, and the failed ones by error."""
    states: Counter[str] = Counter()
    parked: Counter[str] = Counter()
    query = select(intents.c.state, intents.c.error, func.count()).group_by(
        intents.c.state, intents.c.error
    )
    for state, error, count in connection.execute(query):
        states[state] += count
        if state == IntentState.FAILED.value:
            parked[error or "unknown"] += count
    return states, parked


def _unfinished_jobs(connection: Connection) -> Mapping[str, int]:
    query = (
        select(jobs.c.state, func.count())
        .where(jobs.c.finished_at.is_(None))
        .group_by(jobs.c.state)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
