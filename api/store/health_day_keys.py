"""Day keys as stored: sealed, and destroyed on their day."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, delete, select, tuple_

from api.store.database import Database
from api.store.gate_tables import health_day_keys, health_scans
from api.store.health_scans import ScanEntry, entry_of
from api.store.lookups import CHUNK
from api.store.upserts import insert_once
from ledger.values import AgencyId

_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class DayKeyRow:
    """A day key as it was sealed to its agency; `id` of 32 bytes, the same for the same key."""

    id: bytes
    agency: AgencyId
    sealed: bytes = field(repr=False)
    destroy_at: int


def day_key_id(agency: AgencyId, content: bytes) -> bytes:
    """Return the id of a key: SHA-256, of which 32 random bytes are a part nobody guesses."""
    return hashlib.sha256(agency + content).digest()


class DayKeyStore:
    """The day keys of gates, and the scans that they find."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: DayKeyRow) -> bool:
        """Store a key unless it is there; return whether it is new."""
        values = (row.id, row.agency, row.sealed, row.destroy_at)
        named = dict(zip(health_day_keys.c.keys(), values, strict=True))
        with self._database.write() as connection:
            return insert_once(connection, health_day_keys, named)

    def live(self, agency: AgencyId, now: int) -> tuple[DayKeyRow, ...]:
        """Return an agency's keys that are not due to be destroyed."""
        query = select(health_day_keys).where(
            health_day_keys.c.agency == agency, health_day_keys.c.destroy_at > now
        )
        with self._database.read() as connection:
            return tuple(DayKeyRow(*row) for row in connection.execute(query))

    def destroy_due(self, now: int) -> int:
        """Destroy the keys whose time has come; return how many."""
        due = delete(health_day_keys).where(health_day_keys.c.destroy_at <= now)
        with self._database.write() as connection:
            return connection.execute(due).rowcount

    def scans(
        self, agency: AgencyId, names: Collection[tuple[str, bytes]]
    ) -> tuple[ScanEntry, ...]:
        """Return an agency's scans by checkpoint and pseudonym, in the order they came."""
        place = tuple_(health_scans.c.checkpoint, health_scans.c.key)
        wanted, step = sorted(names), CHUNK // _PAIR
        found: list[Row[Any]] = []
        with self._database.read() as connection:
            for start in range(0, len(wanted), step):
                query = select(health_scans).where(
                    health_scans.c.agency == agency, place.in_(wanted[start : start + step])
                )
                found += connection.execute(query).all()
        return tuple(entry_of(row) for row in sorted(found, key=lambda row: row.seq))
