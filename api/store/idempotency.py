"""Answers kept under an Idempotency-Key, each written with the transaction whose answer it is.

The key's id is unique: of two processes that work on one request, the second to commit finds the
row there and is rolled back whole. So there is no answer without its work, and no work twice.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
from sqlalchemy import Connection, delete
from sqlalchemy.exc import IntegrityError

from api.store.appends import Row, insert_group
from api.store.database import Database, driver_of
from api.store.tables import idempotency_keys
from ledger.errors import Refused

RETRY_SECONDS: Final = 2
_COLUMNS: Final = ("id", "fingerprint", "taken_at", "status", "headers", "body")
_KEPT: Final = f"SELECT {', '.join(_COLUMNS)} FROM idempotency_keys WHERE id IN"  # noqa: S608  # our own names


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
class Settlement:
    """What a request's own transaction keeps for its repeats; `at` in Unix seconds."""

    id: bytes
    fingerprint: bytes
    at: int
    answer: KeptAnswer


class IdempotencyStore:
    """The keys that came lately, and their answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, ids: Collection[bytes]) -> Mapping[bytes, Settlement]:
        """Return what is kept under some of `ids`, a few hundred at most."""
        wanted = tuple(dict.fromkeys(ids))
        if not wanted:
            return {}
        mark = "%s" if self._database.is_postgresql else "?"
        # Text of our own: SQLAlchemy takes longer to write it anew each time than the look-up.
        statement = f"{_KEPT} ({', '.join([mark] * len(wanted))})"
        with self._database.read() as connection:
            rows = connection.exec_driver_sql(statement, wanted).all()
        found = {}
        for row in rows:
            headers = tuple((name, value) for name, value in orjson.loads(row.headers))
            answer = KeptAnswer(row.status, headers, row.body)
            found[row.id] = Settlement(row.id, row.fingerprint, row.taken_at, answer)
        return found

    def keep(self, settlement: Settlement) -> None:
        """Keep the answer of work that changed nothing; raise `RequestInFlight` as `settle`."""
        with self._database.write() as connection:
            settle(connection, settlement)

    def forget(self, before: int) -> None:
        """Delete the keys that came before a time."""
        with self._database.write() as connection:
            connection.execute(delete(idempotency_keys).where(idempotency_keys.c.taken_at < before))


def settle(connection: Connection, *settlements: Settlement | None) -> None:
    """Write answers with the work they are of, as part of its transaction.

    Raises:
        RequestInFlight: when somebody else answered one of these requests meanwhile; the
            transaction cannot go on.
    """
    given = [each for each in settlements if each is not None]
    if not given:
        return
    # In one order everywhere, lest two processes wait for each other's rows.
    rows = [_values_of(each) for each in sorted(given, key=lambda each: each.id)]
    try:
        insert_group(connection, idempotency_keys, _COLUMNS, rows)
    except (IntegrityError, driver_of(connection.engine).IntegrityError) as exc:
        raise RequestInFlight from exc


def _values_of(settlement: Settlement) -> Row:
    answer = settlement.answer
    headers = orjson.dumps(answer.headers)
    return (
        settlement.id,
        settlement.fingerprint,
        settlement.at,
        answer.status,
        headers,
        answer.body,
    )
