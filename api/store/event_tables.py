"""One table for each event of the contracts, its columns the event's fields and its place.

Written by the projection alone, at the end alone; a rollback deletes by block. The tables follow
`ledger.events`: a field's type says its column's.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_type_hints

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Row, Table, Text
from sqlalchemy.types import TypeEngine

from api.store.tables import metadata
from ledger import events
from ledger.events import Event, Place

E = TypeVar("E", bound=Event)
WORD_BYTES: Final = 32
_COLUMNS: Final[Mapping[type, type[TypeEngine[Any]]]] = MappingProxyType(
    {int: BigInteger, str: Text, bytes: LargeBinary}
)
_INDICES: Final[Mapping[type[Event], tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        events.BatchAnchored: (("agency", "root"),),
        events.StatusChanged: (("agency", "list", "word"), ("agency", "list", "block"), ("until",)),
        events.RoleGranted: (("account",),),
        events.RoleRevoked: (("account",),),
    }
)


def _name_of(cls: type[Event]) -> str:
    return "event_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def _types_of(cls: type[Event]) -> dict[str, Any]:
    """Return the types of an event's own fields, by name, without its place."""
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls) if f.name != "place"}


def _is_word(cls: type[Event], name: str) -> bool:
    """Whether a field is a uint256, which no database holds as a number."""
    return (cls, name) in ((events.StatusChanged, "mask"), (events.ChangeCosigned, "nonce"))


def _column(cls: type[Event], name: str, hint: Any) -> Column[Any]:
    if _is_word(cls, name):
        return Column(name, LargeBinary, nullable=False)
    base = getattr(hint, "__supertype__", hint)
    kind = next(column for python, column in _COLUMNS.items() if issubclass(base, python))
    return Column(name, kind, nullable=False)


def _table(cls: type[Event]) -> Table:
    name = _name_of(cls)
    return Table(
        name,
        metadata,
        Column("block", BigInteger, primary_key=True, autoincrement=False),
        Column("log_index", BigInteger, primary_key=True, autoincrement=False),
        Column("block_hash", LargeBinary, nullable=False),
        Column("block_time", BigInteger, nullable=False),
        Column("transaction", LargeBinary, nullable=False),
        *(_column(cls, field, hint) for field, hint in _types_of(cls).items()),
        *(Index(f"{name}_{'_'.join(c)}", *c) for c in _INDICES.get(cls, ())),
    )


# Not Event.__subclasses__(): a slotted dataclass leaves its unslotted twin in there.
EVENT_TABLES: Final[Mapping[type[Event], Table]] = MappingProxyType(
    {
        cls: _table(cls)
        for cls in vars(events).values()
        if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event
    }
)


def row_of(happened: Event) -> dict[str, Any]:
    """Return an event as the row of its table."""
    place = happened.place
    row: dict[str, Any] = {f.name: getattr(place, f.name) for f in fields(Place)}
    cls = type(happened)
    for name in _types_of(cls):
        value = getattr(happened, name)
        row[name] = value.to_bytes(WORD_BYTES) if _is_word(cls, name) else value
    return row


def event_of(cls: type[E], row: Row[Any]) -> E:
    """Return a row of an event's table as the event."""
    named = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    values: dict[str, Any] = {"place": Place(*(named[f.name] for f in fields(Place)))}
    for name, hint in _types_of(cls).items():
        value = named[name]
        made = getattr(hint, "__supertype__", hint)
        values[name] = int.from_bytes(value) if _is_word(cls, name) else made(value)
    return cls(**values)
