"""Events of the tender ledgers as JSON objects, and back: what the service keeps and tells others.

Members are the event's own, in camelCase: bytes are 0x-hex, enumerations stand by name, structs are
objects. A number that not every JSON reader holds is a decimal string (RFC 8259 §6).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin, get_type_hints

from ledger.errors import Refused
from ledger.events import Event, Place
from ledger.tenders import events

Members = dict[str, Any]
KINDS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        name: cls
        for name, cls in vars(events).items()
        if isinstance(cls, type)
        and issubclass(cls, Event)
        and cls not in (Event, events.TenderEvent, events.LotEvent, events.DrawEvent)
    }
)
"""Every event that the tender ledgers emit, by its name."""
_GREATEST_NUMBER: Final = 2**53 - 1


@dataclass(eq=False)
class EventMalformed(Refused):
    """The JSON is no event of the tender ledgers."""

    kind: str


def members_of(event: Event) -> Members:
    """Return an event's own members, without its place."""
    return {_camel(name): _told(getattr(event, name)) for name, _ in shape_of(type(event))}


def event_of(kind: str, place: Place, members: Mapping[str, Any]) -> Event:
    """Return the event of this name and place; raise `EventMalformed` for anything else."""
    if kind not in KINDS:
        raise EventMalformed(kind)
    try:
        return KINDS[kind](place, **_read_members(KINDS[kind], members))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise EventMalformed(kind) from exc


def shape_of(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Return names and types of a class's own fields, in their order, its place left out."""
    return _shape(cls)


@cache
def _shape(cls: Any) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(cls)
    own = (each.name for each in fields(cls) if each.name != "place")
    return tuple((name, plain_type(hints[name])) for name in own)


def plain_type(hint: Any) -> Any:
    """Return what a `NewType` is of, another type as it is."""
    return getattr(hint, "__supertype__", hint)


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, tuple):
        return [_told(each) for each in value]
    if is_dataclass(value):
        named = shape_of(type(value))
        return {_camel(name): _told(getattr(value, name)) for name, _ in named}
    if isinstance(value, int) and value > _GREATEST_NUMBER:
        return str(value)
    return value


def _read_members(cls: Any, members: Mapping[str, Any]) -> Members:
    found = {name: _reader(hint)(members[_camel(name)]) for name, hint in shape_of(cls)}
    if len(members) != len(found):
        raise ValueError("members that the event does not have")
    return found


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) is tuple:
        inner = _reader(plain_type(get_args(hint)[0]))
        return lambda values: tuple(inner(each) for each in values)
    if is_dataclass(hint):
        struct: Any = hint
        return lambda values: struct(**_read_members(struct, values))
    if issubclass(hint, IntEnum):
        return lambda name: hint[name]
    readers: Mapping[type, Callable[[Any], Any]] = {bytes: _octets, int: int, bool: bool, str: str}
    return readers[hint]


def _octets(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError("bytes begin with 0x")
    return bytes.fromhex(text[2:])


def _camel(name: str) -> str:
    head, *more = name.split("_")
    return head + "".join(part.capitalize() for part in more)
