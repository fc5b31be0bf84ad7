"""From the logs that a node sends to our events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from ledger import events
from ledger.chain.abi import EventType, load_abi
from ledger.chain.deployments import Deployment
from ledger.chain.tender_logs import TENDER_CONTRACTS, tender_maker
from ledger.chain.wire import HASH_BYTES, address, octets, quantity, record, rows
from ledger.errors import ChainUnavailable
from ledger.events import Event, Place
from ledger.values import Address, AgencyStatus, Scope, Status


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as a node sends it, its spelling checked."""

    address: Address
    topics: tuple[bytes, ...]
    octets: bytes
    block: int
    block_hash: bytes
    transaction: bytes
    log_index: int


def read_log(value: Any) -> RawLog:
    """Return the log in a node's answer; raise `ChainUnavailable` when it is malformed."""
    log = record(value)
    return RawLog(
        address=address(log.get("address")),
        topics=tuple(octets(topic, HASH_BYTES) for topic in rows(log.get("topics"))),
        octets=octets(log.get("data")),
        block=quantity(log.get("blockNumber")),
        block_hash=octets(log.get("blockHash"), HASH_BYTES),
        transaction=octets(log.get("transactionHash"), HASH_BYTES),
        log_index=quantity(log.get("logIndex")),
    )


def decode_log(deployment: Deployment, log: RawLog, block_time: int) -> Event | None:
    """Return the event that a contract of `deployment` emitted; None for one that we do not keep.

    Raises `ChainUnavailable` when the octets do not fit the event.
    """
    contract = _emitter(deployment, log.address)
    if contract is None or not log.topics:
        return None
    found = _kept(contract).get(log.topics[0])
    if found is None:
        return None
    event, make = found
    place = Place(log.block, log.block_hash, block_time, log.transaction, log.log_index)
    try:
        return make(place, event.decode(log.topics, log.octets))
    except ValueError as exc:
        raise ChainUnavailable("the node sent an event with an unknown value") from exc


def event_topic(contract: str, name: str) -> bytes:
    """Return topic 0 of an event."""
    return load_abi(contract).events[name].topic


_Make = Callable[[Place, tuple[Any, ...]], Event]
_ENUMS: Final[Mapping[type[Event], tuple[str, type[IntEnum]]]] = MappingProxyType(
    {
        events.AgencyStatusChanged: ("status", AgencyStatus),
        events.StatusChanged: ("status", Status),
        events.AgreementSuspended: ("scope_kind", Scope),
    }
)
"""Which field of an event is an enumeration's."""


def _emitter(deployment: Deployment, address_: Address) -> str | None:
    if address_ == deployment.record_ledger:
        return "RecordLedger"
    if address_ == deployment.authority:
        return "Authority"
    if address_ == deployment.recognition_ledger:
        return "RecognitionLedger"
    tenders = deployment.tender_contracts
    places = () if tenders is None else (tenders.policies, tenders.ledger, tenders.awards)
    found = dict(zip(places, TENDER_CONTRACTS, strict=False))
    return found.get(address_)


@cache
def _kept(contract: str) -> Mapping[bytes, tuple[EventType, _Make]]:
    """Events of the ABI that there is a class for."""
    of_tenders = contract in TENDER_CONTRACTS
    found = load_abi(contract).events.values()
    makers = ((event, tender_maker(event) if of_tenders else _make_of(event)) for event in found)
    return {event.topic: (event, make) for event, make in makers if make is not None}


def _make_of(event: EventType) -> _Make | None:
    cls = getattr(events, event.name, None)
    return None if cls is None else _maker(event, cls)


def _maker(event: EventType, cls: type[Event]) -> _Make:
    """Return what makes the class from the event's values, put in the order of its fields."""
    if cls is events.KeyAnnounced:
        return _key_announced
    names = [each.name for each in fields(cls) if each.name != "place"]
    order = [event.names.index(name) for name in names]
    if cls not in _ENUMS:
        return lambda place, values: cls(place, *[values[index] for index in order])
    field, enum = _ENUMS[cls]
    spot = event.names.index(field)

    def make(place: Place, values: tuple[Any, ...]) -> Event:
        known = (*values[:spot], enum(values[spot]), *values[spot + 1 :])
        return cls(place, *[known[index] for index in order])

    return make


def _key_announced(place: Place, values: tuple[Any, ...]) -> Event:
    agency, key_id, (x, y, usage, _, sign_from, sign_until, verify_until, _, _) = values
    return events.KeyAnnounced(
        place, agency, key_id, x, y, usage, sign_from, sign_until, verify_until
    )
