"""One table for each event of the contracts, its columns the event's fields and its place.

Written by the projection alone, at the end alone; a rollback deletes by block. The tables follow
`ledger.events`: a field's type says its column's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_type_hints

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Row, Table, Text
from sqlalchemy.types import TypeEngine

from api.store.tables import metadata
from api.store.tender_events import tender_events
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
CHAIN_TABLES: Final = (*EVENT_TABLES.values(), tender_events)
"""All tables of events; those of the tender ledgers share one."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an event of a class becomes a row, and a row the event; worked out once."""

    columns: tuple[str, ...]
    place: Callable[[Any], tuple[Any, ...]]
    own: Callable[[Any], tuple[Any, ...]]
    words: tuple[int, ...]
    made: tuple[tuple[str, Callable[[Any], Any]], ...]


def _shape(cls: type[Event]) -> _Shape:
    columns = tuple(EVENT_TABLES[cls].c.keys())
    types = _types_of(cls)
    ahead = len(columns) - len(types)
    return _Shape(
        columns,
        _getter(columns[:ahead]),
        _getter(columns[ahead:]),
        tuple(n for n, name in enumerate(columns) if _is_word(cls, name)),
        tuple((name, _reading(cls, name, hint)) for name, hint in types.items()),
    )


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """As `attrgetter`, which gives a single attribute bare."""
    if len(names) == 1:
        (name,) = names
        return lambda one: (getattr(one, name),)
    return attrgetter(*names)


def _reading(cls: type[Event], name: str, hint: Any) -> Callable[[Any], Any]:
    if _is_word(cls, name):
        return int.from_bytes
    made: Callable[[Any], Any] = getattr(hint, "__supertype__", hint)
    return made


_SHAPES: Final[Mapping[type[Event], _Shape]] = MappingProxyType(
    {cls: _shape(cls) for cls in EVENT_TABLES}
)


def values_of(happened: Event) -> tuple[Any, ...]:
    """Return an event as its table's row, in the order of the columns."""
    shape = _SHAPES[type(happened)]
    values = shape.place(happened.place) + shape.own(happened)
    for place in shape.words:
        values = (*values[:place], values[place].to_bytes(WORD_BYTES), *values[place + 1 :])
    return values


def row_of(happened: Event) -> dict[str, Any]:
    """Return an event as its table's row, by column."""
    return dict(zip(_SHAPES[type(happened)].columns, values_of(happened), strict=True))


def event_of(cls: type[E], row: Row[Any]) -> E:
    """Return a row of an event's table as the event."""
    named = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    place = Place(*(named[f.name] for f in fields(Place)))
    values = {name: read(named[name]) for name, read in _SHAPES[cls].made}
    return cls(place=place, **values)
