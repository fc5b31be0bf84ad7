"""Databases of any revision, filled and compared by what their own schema says."""

import os
import signal
from itertools import count
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    select,
    text,
)

from api.store.database import migrate
from api.store.tables import metadata

Rows = dict[str, dict[str, Any] | None]
"""Each table's row, or None."""


def fill(url: str) -> Rows:
    """Put a row into every table that the database has, as its own schema asks; return them."""
    found = reflected(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in found.sorted_tables:
            connection.execute(table.insert().values(row_of(table)))
    engine.dispose()
    return rows(url)


def rows(url: str) -> Rows:
    """Return every table's row, or None."""
    found = reflected(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        read = {
            table.name: connection.execute(select(table)).mappings().first()
            for table in found.sorted_tables
        }
    engine.dispose()
    return {name: None if row is None else dict(row) for name, row in read.items()}


def reflected(url: str) -> MetaData:
    """Return the tables as the database has them, Alembic's own left out."""
    engine, found = create_engine(url), MetaData()
    found.reflect(engine, only=lambda name, _: name != "alembic_version")
    engine.dispose()
    return found


def row_of(table: Table) -> dict[str, Any]:
    """Return a row with a value in every column; rows of one run refer to one another."""
    return {column.name: value_of(column) for column in table.columns}


def value_of(column: Column[Any]) -> Any:
    if isinstance(column.type, LargeBinary):
        return bytes(32)
    if isinstance(column.type, Boolean):
        return True
    return "1" if isinstance(column.type, Text) else 1


def assert_kept(before: Rows, after: Rows) -> None:
    """Check that the tables and columns that both schemas have hold what they held."""
    for name in before.keys() & after.keys():
        was, is_ = before[name], after[name]
        if was is not None:
            assert is_ is not None, name
            assert is_ | was == was | is_, name


def differences(url: str) -> Any:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


def revision_of(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = str(
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        )
    engine.dispose()
    return found


def migrate_and_die(url: str, statement: int | None) -> None:
    """Migrate, and end with SIGKILL at a statement or, without one, at the commit."""
    numbers = count(1)

    def reach(*_: Any) -> None:
        if next(numbers) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def end(_: Connection) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if statement is None:
        event.listen(Engine, "commit", end)
    else:
        event.listen(Engine, "before_cursor_execute", reach)
    migrate(url)
