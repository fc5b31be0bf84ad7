"""Insert or overwrite by primary key, which both databases spell alike and Core does not."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, overwriting those whose primary key is there already."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    others = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def upsert_newer(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], version: str
) -> None:
    """Insert rows, overwriting those of the same primary key whose `version` is less."""
    keys = [column.name for column in table.primary_key]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    others = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    is_newer = table.c[version] < statement.excluded[version]
    newer = statement.on_conflict_do_update(index_elements=keys, set_=others, where=is_newer)
    connection.execute(newer, rows)


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its unique values are there already; return whether it went in.

    Who comes second waits for the first one's transaction.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    told = next(iter(table.primary_key))  # PostgreSQL's driver counts no rows of such a statement
    statement = insert(table).values(row).on_conflict_do_nothing().returning(told)
    return connection.execute(statement).first() is not None


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, passing over those whose unique values are there already."""
    if rows:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(table).on_conflict_do_nothing(), rows)
