"""A look at whether anything was written: on SQLite for a thirtieth of what a question costs."""

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError

from api.store.database import Database, StoreUnavailable

_SQLITE = "PRAGMA data_version"
"""Counts the commits of all connections but the one that asks."""
_POSTGRESQL = "SELECT pg_current_snapshot()::text"
"""Names the transactions that are not over, and the next one: of the whole server, writing ones."""


class Activity:
    """Tells states of the database apart, on a connection of its own, by which nothing is written.

    For one thread at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: PoolProxiedConnection | None = None

    def mark(self) -> object:
        """Return what is equal to an earlier answer only if nothing was committed in between.

        It may differ without cause. Raises `StoreUnavailable`.
        """
        database = self._database
        try:
            cursor = self._connected().cursor()
            cursor.execute(_POSTGRESQL if database.is_postgresql else _SQLITE)
            return cursor.fetchall()  # whole, so that the statement holds no state of the database
        except (SQLAlchemyError, database.driver.Error) as exc:
            self.close()
            raise StoreUnavailable(type(exc).__name__) from exc

    def close(self) -> None:
        """Close the connection; a later look opens a new one."""
        if self._connection is not None:
            self._connection.invalidate()  # given back to the pool it would begin no transactions
            self._connection = None

    def _connected(self) -> PoolProxiedConnection:
        if self._connection is None:
            connection = self._database.engine.raw_connection()
            if self._database.is_postgresql:
                assert connection.driver_connection is not None, "just opened"
                connection.driver_connection.autocommit = True
            self._connection = connection
        return self._connection
