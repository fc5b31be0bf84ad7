"""Rows put into a table as fast as the database takes them.

SQLAlchemy's way costs more than the insert itself, so rows go to the driver as tuples: of the
projection's events and of jobs tens of thousands a second, of single licences a group at a time.
What a unique value refuses comes as the driver's own `IntegrityError` (`Database.driver`).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect

from api.store.database import StoreUnavailable, driver_of

MOST_PARAMETERS: Final = 999
"""In one statement; SQLite builds take as many and up."""
Row = tuple[Any, ...]


def append(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, their values in the order of the table's columns; none may be there already."""
    insert_many(connection, table, tuple(table.c.keys()), rows)


def insert_many(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[Row]
) -> None:
    """Insert any number of rows, their values in the order of `names`."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, rows)
    elif found := list(rows):
        connection.exec_driver_sql(_statement(table, names, 1, connection.dialect), found)


def insert_group(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Insert a group of rows in few steps, their values in the order of `names`.

    At each step of SQLite's the driver lets go of the interpreter, and has it back when another
    thread's switch interval is over: one by one, 32 rows beside a busy event loop take as long as
    300 without it.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, rows)
        return
    most = MOST_PARAMETERS // len(names)
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        statement = _statement(table, names, len(some), connection.dialect)
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def _copy(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[Row]
) -> None:
    errors = driver_of(connection.engine)
    driver: Any = connection.connection.driver_connection  # psycopg's, which alone knows COPY
    statement = f"COPY {_target(table, names, connection.dialect)} FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except (errors.OperationalError, errors.InterfaceError) as exc:
        raise StoreUnavailable(type(exc).__name__) from exc


@cache
def _target(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    preparer = dialect.identifier_preparer
    columns = ", ".join(map(preparer.quote, names))
    return f"{preparer.format_table(table)} ({columns})"


@cache
def _statement(table: Table, names: tuple[str, ...], count: int, dialect: Dialect) -> str:
    marks = ", ".join("?" * len(names))
    values = ", ".join([f"({marks})"] * count)
    return f"INSERT INTO {_target(table, names, dialect)} VALUES {values}"  # noqa: S608  # our own names
