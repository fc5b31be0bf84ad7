"""Many values of a unique key, each looked up by its index.

PostgreSQL plans by guesses until a table was analysed, which is minutes after the first bulk job
began. For `agency = … AND external_id IN (…)` it then reads every row of the agency and throws away
all but a few; asked for one value at a time there is no plan but the index, whatever it guesses.
SQLite takes the index for `IN` by itself.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Select, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

CHUNK: Final = 500
"""Values in one IN list; SQLite builds take 999 parameters and up."""


def rows_by(
    connection: Connection, query: Select[Any], column: Column[Any], values: Collection[Any]
) -> Iterator[Row[Any]]:
    """Yield the rows of `query` in which `column` has one of `values`, in any order.

    With the rest of the query's conditions the column must be unique.
    """
    wanted = sorted(set(values))
    if connection.dialect.name == "postgresql":
        given = func.unnest(literal(wanted, ARRAY(column.type))).table_valued("value")
        asked = given.render_derived(name="asked")
        found = query.where(column == asked.c.value).limit(1).lateral("found")
        yield from connection.execute(select(found).select_from(asked).join(found, true()))
        return
    for some in chunks(wanted):
        yield from connection.execute(query.where(column.in_(some)))


def present(
    connection: Connection, column: Column[Any], fixed: Mapping[str, Any], values: Collection[Any]
) -> set[Any]:
    """Return those of `values` that some row has in `column`, its other columns being `fixed`.

    Written out: SQLAlchemy takes ten times as long for a long list as the index does.
    """
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    # Our own names, no value.
    same = " AND ".join(f"{name} = {mark}" for name in fixed)
    table, name = column.table.name, column.name
    if connection.dialect.name == "postgresql":
        kind = column.type.compile(connection.dialect)
        statement = (
            f"SELECT asked FROM unnest(%s::{kind}[]) AS asked CROSS JOIN LATERAL ("  # noqa: S608  # our own names
            f"SELECT FROM {table} WHERE {same} AND {name} = asked LIMIT 1) AS found"
        )
        found = connection.exec_driver_sql(statement, (list(values), *fixed.values()))
        return set(found.scalars())
    taken: set[Any] = set()
    for some in chunks(list(values)):
        marks = ", ".join([mark] * len(some))
        statement = f"SELECT {name} FROM {table} WHERE {same} AND {name} IN ({marks})"  # noqa: S608  # our own names
        taken.update(connection.exec_driver_sql(statement, (*fixed.values(), *some)).scalars())
    return taken


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in lists that one statement takes."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
