"""From the logs that a node sends to our events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger import events
from ledger.chain.abi import EventType, load_abi
from ledger.chain.deployments import Deployment
from ledger.chain.wire import HASH_BYTES, address, octets, quantity, record, rows
from ledger.errors import ChainUnavailable
from ledger.events import Event, Place
from ledger.values import Address, AgencyStatus, Status


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
    contract = _emitters(deployment).get(log.address)
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


_Make = Callable[[Place, dict[str, Any]], Event]


def _emitters(deployment: Deployment) -> Mapping[Address, str]:
    return {deployment.authority: "Authority", deployment.record_ledger: "RecordLedger"}


@cache
def _kept(contract: str) -> Mapping[bytes, tuple[EventType, _Make]]:
    """Events of the ABI that `ledger.events` has a class for."""
    return {
        event.topic: (event, _maker(event))
        for event in load_abi(contract).events.values()
        if hasattr(events, event.name)
    }


def _maker(event: EventType) -> _Make:
    if event.name == "KeyAnnounced":
        return _key_announced
    if event.name in ("RoleGranted", "RoleRevoked"):
        return lambda place, values: getattr(events, event.name)(
            place, values["role"], values["account"]
        )
    if event.name == "AgencyStatusChanged":
        return lambda place, values: events.AgencyStatusChanged(
            place, values["agency"], AgencyStatus(values["status"])
        )
    if event.name == "StatusChanged":
        return lambda place, values: events.StatusChanged(
            place, **{**values, "status": Status(values["status"])}
        )
    return lambda place, values: getattr(events, event.name)(place, **values)


def _key_announced(place: Place, values: dict[str, Any]) -> Event:
    x, y, usage, _, sign_from, sign_until, verify_until, _, _ = values["key"]
    return events.KeyAnnounced(
        place, values["agency"], values["key_id"], x, y, usage, sign_from, sign_until, verify_until
    )
