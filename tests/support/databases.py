"""Real databases for tests: SQLite files and PostgreSQL databases, each test's as if new.

Both kinds copy a migrated template, which costs a tenth of migrating. PostgreSQL writes a whole
database to disk when one is made or dropped, seconds on a busy disk, so `Emptied` serves one of
its own to test after test.
"""

import importlib
import os
import pkgutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Table

import api.store
from api.store.database import Database, migrate
from api.store.tables import metadata

POSTGRES = os.environ.get("SUIZHENG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
KINDS = ("sqlite", "postgresql")


def sqlite_url(folder: Path) -> str:
    """Return the URL of a fresh SQLite file."""
    return f"sqlite:///{folder / 'suizheng.db'}"


def migrated_sqlite(folder: Path) -> str:
    """Return the URL of an SQLite file with the schema and nothing in it."""
    (folder / "suizheng.db").write_bytes(_migrated_file())
    return sqlite_url(folder)


@contextmanager
def postgres_url(template: str = "template1") -> Iterator[str]:
    """Make a PostgreSQL database, drop it at the end; skip where there is no server.

    `template` is the name or URL of the database to copy; nobody may be connected to it.
    """
    name = _create(template)
    try:
        yield _url_of(name)
    finally:
        _drop(name)


class Emptied:
    """A PostgreSQL database that is emptied after each test instead of dropped.

    It has another name each time, so whatever a test left running finds it no more. Where a test
    changed its catalogue, the next one gets a new database.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._name: str | None = None
        self._catalogue: Any = None

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend it, with the schema and nothing in it, for one test alone."""
        if self._name is None:
            self._name = _create(self._template)
            self._catalogue = self._ask(*_CATALOGUE)
        try:
            yield _url_of(self._name)
        finally:
            if not self._is_empty_again():
                self.drop()

    def drop(self) -> None:
        """Drop it, if there is one."""
        name, self._name = self._name, None
        if name is not None:
            _drop(name)

    def _is_empty_again(self) -> bool:
        """Throw everybody out and empty it; false where a test left it as none may be used."""
        try:
            self._rename()
            if self._ask(*_CATALOGUE) != self._catalogue:
                return False
            self._ask(*_EMPTYING)
        except psycopg.Error:  # somebody came in between, or holds a lock
            return False
        return True

    def _rename(self) -> None:
        """Throw everybody out and give it another name."""
        name = _new_name()
        with _admin() as admin:
            admin.execute(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
            admin.execute(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s",
                [self._name],
            )
            admin.execute(f'ALTER DATABASE "{self._name}" RENAME TO "{name}"')
            self._name = name
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    def _ask(self, *statements: str) -> list[Any]:
        with psycopg.connect(f"{POSTGRES}/{self._name}") as connection:
            return [connection.execute(statement).fetchall() for statement in statements]


def _tables() -> list[Table]:
    """Return all tables, whoever refers to another one first."""
    for module in pkgutil.iter_modules(api.store.__path__, "api.store."):
        importlib.import_module(module.name)  # whose tables would otherwise keep what tests wrote
    return list(reversed(metadata.sorted_tables))


_CATALOGUE: Final = (
    "SELECT version_num FROM alembic_version",
    *(
        f"SELECT count(*), max(xmin::text::bigint) FROM {table} WHERE {owner} >= 16384"  # noqa: S608  # names of ours
        for table, owner in (
            ("pg_class", "oid"),
            ("pg_attribute", "attrelid"),
            ("pg_constraint", "oid"),
            ("pg_proc", "oid"),
            ("pg_trigger", "oid"),
        )
    ),
)
"""The schema's revision; of what is not the server's own how much there is, and its last change."""
_EMPTYING: Final = (
    *(
        f"WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM gone"  # noqa: S608  # names of ours
        for table in _tables()
    ),
    "SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences",
)


def _new_name() -> str:
    return f"suizheng_{uuid.uuid4().hex}"


def _url_of(name: str) -> str:
    return f"{POSTGRES}/{name}".replace("postgresql://", "postgresql+psycopg://")


def _admin() -> psycopg.Connection[Any]:
    return psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3)


def _create(template: str) -> str:
    name, copied = _new_name(), template.rpartition("/")[2]
    try:
        with _admin() as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{copied}"')
            # What this would lose is lost when the server ends, and no test ends it.
            admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit TO off')
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}")
    return name


def _drop(name: str) -> None:
    with _admin() as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def break_inserts(database: Database, table: str) -> None:
    """Let every insert into a table fail from now on."""
    trigger = f"CREATE TRIGGER broken BEFORE INSERT ON {table}"
    statements = [f"{trigger} BEGIN SELECT RAISE(FAIL, 'broken'); END"]
    if database.is_postgresql:
        body = "BEGIN RAISE EXCEPTION 'broken'; END"
        statements = [
            f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"{trigger} FOR EACH ROW EXECUTE FUNCTION broken()",
        ]
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        migrate(sqlite_url(Path(folder)))
        return (Path(folder) / "suizheng.db").read_bytes()
