"""When stores of sealed files last answered: the worker notes it, the service tells of it."""

from collections.abc import Collection

from sqlalchemy import select

from api.store.bid_tables import blob_replicas
from api.store.database import Database
from api.store.upserts import upsert


class ReplicaStore:
    """Stores by the names of their replicas."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, names: Collection[str], at: int) -> None:
        """Note that these answered at a time, in Unix seconds."""
        rows = [{"name": name, "answered_at": at} for name in names]
        with self._database.write() as connection:
            upsert(connection, blob_replicas, rows)

    def answered(self, since: int) -> frozenset[str]:
        """Return the names of those that answered then or later, in Unix seconds."""
        query = select(blob_replicas.c.name).where(blob_replicas.c.answered_at >= since)
        with self._database.read() as connection:
            return frozenset(connection.execute(query).scalars())
