"""Who leads: one process sends for an account and follows its chain, the others wait.

PostgreSQL: an advisory lock, free at once when its holder dies. SQLite: a lock on a file beside the
database, likewise. A holder that was stopped keeps it; one that lost it without noticing is fenced
off by `SqlOutbox.reserve`, where the nonce counter moves for one of two only, and by
`SqlProjection`, which takes in nothing that was read against a cursor of the past.
"""

import fcntl
import hashlib
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from api.store.database import Database, StoreUnavailable


class Lease:
    """The right to lead under a name, from the moment it is taken until released or lost."""

    def __init__(self, database: Database, name: str) -> None:
        self._engine = database.engine
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        self._connection: Connection | None = None
        self._file: TextIO | None = None

    def take(self) -> bool:
        """Take the lease or keep it; return whether this process leads now."""
        if self._engine.dialect.name == "postgresql":
            return self._take_lock()
        return self._take_file()

    def release(self) -> None:
        """Let another process lead."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            # Closed for good: given back to the pool it would keep the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _take_lock(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(select(1))
                return True
            connection = _outside_transactions(self._engine)
            if connection.execute(select(func.pg_try_advisory_lock(self._key))).scalar_one():
                self._connection = connection
                return True
            connection.close()
        except SQLAlchemyError as exc:
            self.release()
            raise StoreUnavailable(type(exc).__name__) from exc
        return False

    def _take_file(self) -> bool:
        if self._file is not None:
            return True
        path = Path(f"{self._engine.url.database}.{self._key & 0xFFFF:04x}.lead")
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True


def _outside_transactions(engine: Engine) -> Connection:
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")
