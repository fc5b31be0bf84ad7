"""From the values of the tender ledgers' logs to events: structs, arrays and enumerations read."""

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Final, get_args, get_origin

from ledger.chain.abi import EventType
from ledger.chain.wire import checksum
from ledger.events import Event, Place
from ledger.tenders.event_json import KINDS, plain_type, shape_of

TENDER_CONTRACTS: Final = ("TenderPolicies", "TenderLedger", "AwardLedger")


def tender_maker(event: EventType) -> Callable[[Place, tuple[Any, ...]], Event] | None:
    """Return what makes an event of its decoded values; None for one that is not kept.

    What it makes raises ValueError for an enumeration's unknown value.
    """
    cls = KINDS.get(event.name)
    if cls is None:
        return None
    readers = [(event.names.index(name), _reader(hint)) for name, hint in shape_of(cls)]

    def make(place: Place, values: tuple[Any, ...]) -> Event:
        return cls(place, *[read(values[index]) for index, read in readers])

    return make


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads a value of a type; members of a struct stand in the contract's order."""
    if get_origin(hint) is tuple:
        inner = _reader(plain_type(get_args(hint)[0]))
        return lambda values: tuple(inner(each) for each in values)
    if is_dataclass(hint):
        struct: Any = hint
        readers = [_reader(each) for _, each in shape_of(struct)]
        return lambda values: struct(
            *[read(value) for read, value in zip(readers, values, strict=True)]
        )
    read: Callable[[Any], Any] = _address if hint is str else hint
    return read


def _address(text: str) -> str:
    """eth_abi spells addresses inside structs and arrays in lower case."""
    return checksum(bytes.fromhex(text[2:]))
