"""Answers kept under an Idempotency-Key, each written with the transaction whose answer it is.

A request takes its turn first: a row without an answer. The work's own transaction writes the
answer into that row, under the number of the turn: work that lost its turn meanwhile, because
somebody waited `abandoned_before` and took it over, finds no row and is rolled back whole.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from api.store.database import Database
from api.store.tables import idempotency_keys
from ledger.errors import Refused

RETRY_SECONDS: Final = 2


@dataclass(eq=False)
class RequestInFlight(Refused):
    """A request with this Idempotency-Key is being worked on. Send it again in a moment."""

    retry_after_seconds: int = RETRY_SECONDS


@dataclass(eq=False)
class IdempotencyKeyReused(Refused):
    """This Idempotency-Key came with another body or content type. Take a new key."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given: status, headers, body byte for byte."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do the work of one key; `number` counts the turns, so that a late one fails."""

    id: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """A turn and its answer, for the transaction that does the work."""

    turn: Turn
    answer: KeptAnswer


class IdempotencyStore:
    """The keys that came lately, and their answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, id_: bytes, fingerprint: bytes, now: int, *, abandoned_before: int
    ) -> Turn | KeptAnswer:
        """Return the answer kept under a key, or the turn to do its work.

        Raises:
            IdempotencyKeyReused: when the key came with another fingerprint.
            RequestInFlight: when somebody took the turn at or after `abandoned_before`.
        """
        first = {"id": id_, "fingerprint": fingerprint, "taken_at": now, "turn": 1}
        with self._database.write() as connection:
            if _is_new(connection, first):
                return Turn(id_, 1)
            query = select(idempotency_keys).filter_by(id=id_).with_for_update()
            row = connection.execute(query).one()
            answer = _answer_of(row, fingerprint)
            if answer is not None:
                return answer
            if row.taken_at >= abandoned_before:
                raise RequestInFlight
            turn = Turn(id_, row.turn + 1)
            again = update(idempotency_keys).filter_by(id=id_)
            connection.execute(again.values(turn=turn.number, taken_at=now))
            return turn

    def keep(self, settlement: Settlement) -> None:
        """Keep the answer of work that changed nothing; raise `RequestInFlight` as `settle`."""
        with self._database.write() as connection:
            settle(connection, settlement)

    def release(self, turn: Turn) -> None:
        """Forget a turn that came to nothing, so that the key may be used again."""
        with self._database.write() as connection:
            connection.execute(
                delete(idempotency_keys)
                .filter_by(id=turn.id, turn=turn.number)
                .where(idempotency_keys.c.status.is_(None))
            )

    def forget(self, before: int) -> None:
        """Delete the keys that came before a time."""
        with self._database.write() as connection:
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.taken_at < before))


def settle(connection: Connection, settlement: Settlement | None) -> None:
    """Write an answer with the work it is of; raise `RequestInFlight` when the turn was lost."""
    if settlement is None:
        return
    turn, answer = settlement.turn, settlement.answer
    done = connection.execute(
        update(idempotency_keys)
        .filter_by(id=turn.id, turn=turn.number)
        .where(idempotency_keys.c.status.is_(None))
        .values(status=answer.status, headers=orjson.dumps(answer.headers), body=answer.body)
    )
    if done.rowcount != 1:
        raise RequestInFlight


def _is_new(connection: Connection, row: dict[str, Any]) -> bool:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(idempotency_keys).values(**row).on_conflict_do_nothing()
    inserted = connection.execute(statement.returning(idempotency_keys.c.id))
    return inserted.first() is not None


def _answer_of(row: Row[Any], fingerprint: bytes) -> KeptAnswer | None:
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if row.status is None:
        return None
    headers = tuple((name, value) for name, value in orjson.loads(row.headers))
    return KeptAnswer(row.status, headers, row.body)
