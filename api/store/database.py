"""One door to SQLite and PostgreSQL: connections set up right, transactions that say what they are.

SQLite: WAL, `synchronous=FULL` (NORMAL may lose the last commits), foreign keys, a busy time-out,
and `BEGIN IMMEDIATE` for every write, so that a writer waits at its first line and never in the
middle. PostgreSQL: writes at READ COMMITTED, reads in one REPEATABLE READ snapshot, every wait with
an end (`api.store.postgres`). No error of SQLAlchemy leaves this package.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.errors import Refused, Unavailable

BUSY_SECONDS: Final = 5.0
"""Longest wait for another writer of the same SQLite file, or for a free connection."""
DDL_LOCK_MILLISECONDS: Final = 5000
PAGE_BYTES: Final = 8192
"""SQLite page size; must be set before the first table, and 4096 costs a fifth of bulk inserts."""
CHECKPOINT_PAGES: Final = 4096
"""Pages in the log at which a commit brings them into the file: 32 MiB.

Digests, places and keys fall all over their indices, so a licence writes 80 KB of pages at 40,000
others. SQLite's own 1,000 pages wrote nearly each of them a second time, every few commits."""
MIGRATIONS: Final = Path(__file__).parent / "migrations"
_VERSIONS: Final = "alembic_version"
_REVISION: Final = 4
"""Digits of a revision, with which its file's name begins."""


@dataclass(eq=False)
class StoreUnavailable(Unavailable):
    """The database cannot be reached or is busy."""

    reason: str


@dataclass(eq=False)
class DatabaseUrlInvalid(Refused):
    """The database URL is neither sqlite:/// nor postgresql+psycopg://."""


@dataclass(eq=False)
class SchemaOutdated(Unavailable):
    """The database's schema is not this program's; run `python -m api.main migrate` first."""

    found: str
    expected: str


class Database:
    """A database of ours, its schema current."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = Lock()

    @classmethod
    def open(cls, url: str) -> "Database":
        """Return the database at `url`.

        Raises:
            DatabaseUrlInvalid: for another kind of database.
            StoreUnavailable: when it cannot be reached.
            SchemaOutdated: when `migrate` has not run, or a newer program's has.
        """
        database = cls(_engine(url))
        try:
            database.require_schema()
        except SchemaOutdated:
            database.close()
            raise
        return database

    def require_schema(self) -> None:
        """Raise `SchemaOutdated` unless the schema is this program's, or `StoreUnavailable`."""
        with self.read() as connection:
            found = _revision(connection)
        if found != (expected := head_revision()):
            raise SchemaOutdated(found, expected)

    @property
    def is_postgresql(self) -> bool:
        """Whether many workers may claim rows at once (SKIP LOCKED)."""
        return self.engine.dialect.name == "postgresql"

    @property
    def driver(self) -> Any:
        """The driver's module, whose errors pass where SQLAlchemy is passed by."""
        return driver_of(self.engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits at the end and rolls back at an exception."""
        with self._writers_turn(), _translated(), self.engine.connect() as connection:
            connection = connection.execution_options(immediate=True)  # noqa: PLW2901  # the same connection, told how to begin
            with connection.begin():
                yield connection

    @contextmanager
    def _writers_turn(self) -> Iterator[None]:
        """Let this process's threads write to SQLite one after another.

        Its own waiting is a sleep that grows to 100 ms: sixteen threads made one wait 1.8 s for
        writes of 3 ms. PostgreSQL needs no turns.
        """
        if self.is_postgresql:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise StoreUnavailable("busy")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and writes nothing."""
        with _translated(), self.engine.connect() as connection:
            if self.is_postgresql:
                connection = connection.execution_options(  # noqa: PLW2901  # the same connection, told how to begin
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def driver_of(engine: Engine) -> Any:
    """Return the module of an engine's driver, loaded with the first engine that needs it."""
    return engine.dialect.loaded_dbapi


@cache
def head_revision() -> str:
    """Return the newest revision, which the files are numbered by.

    Alembic would say the same; loading it takes a tenth of every start, and only `migrate` needs
    it.
    """
    return max(path.name[:_REVISION] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table(_VERSIONS):
        return "none"
    return connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar() or "none"  # noqa: S608  # our own name


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema at `url` up to `head`, creating an SQLite file and its folder if need be.

    Any other revision is one to go back to, `base` being none at all. Each run is one transaction:
    killed half way it leaves the schema as it was.
    """
    from alembic import command  # noqa: PLC0415  # see `head_revision`
    from alembic.config import Config  # noqa: PLC0415  # see `head_revision`

    engine = _engine(url, bounded=False)
    path = make_url(url).database
    if engine.dialect.name == "sqlite" and path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with (
            _translated(),
            engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            config.attributes["connection"] = connection
            if engine.dialect.name == "postgresql":
                # DDL that waits for a lock makes everybody else wait behind it.
                connection.execute(text(f"SET LOCAL lock_timeout = {DDL_LOCK_MILLISECONDS}"))
            move = command.upgrade if revision == "head" else command.downgrade
            move(config, revision)
    finally:
        engine.dispose()


def _engine(url: str, *, bounded: bool = True) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise DatabaseUrlInvalid from exc
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        wait = {"timeout": BUSY_SECONDS}
        engine = create_engine(parsed, connect_args=wait, pool_timeout=BUSY_SECONDS)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername == "postgresql+psycopg":
        from api.store.postgres import postgres_engine  # noqa: PLC0415  # its driver takes 0.2 s to load, which SQLite need not wait for

        return postgres_engine(parsed, pool_seconds=BUSY_SECONDS, bounded=bounded)
    raise DatabaseUrlInvalid


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would always be a deferred one
    for pragma in (
        f"page_size = {PAGE_BYTES}",
        "journal_mode = WAL",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as exc:
        # The statement and its values may hold personal data; the driver's own words do not.
        raise StoreUnavailable(type(exc.__cause__ or exc).__name__) from exc
