"""Events of the tender ledgers as JSON and back, and from logs; samples follow from the types."""

import json
from dataclasses import is_dataclass, replace
from enum import IntEnum
from typing import Any, get_args, get_origin

import pytest
from eth_abi.abi import encode

from ledger.chain.abi import EventType, load_abi
from ledger.chain.deployments import Deployment, TenderContracts
from ledger.chain.logs import RawLog, decode_log
from ledger.chain.tender_logs import TENDER_CONTRACTS
from ledger.chain.wire import checksum
from ledger.errors import ChainUnavailable
from ledger.events import Event, Place
from ledger.tenders.event_json import (
    KINDS,
    EventMalformed,
    event_of,
    members_of,
    plain_type,
    shape_of,
)
from ledger.values import Address

ADDRESSES = [checksum(bytes([n] * 20)) for n in range(0xA1, 0xA8)]
AUTHORITY, RECORDS, LENS, POLICIES, TENDERS, AWARDS, SOMEBODY = ADDRESSES
AT = Deployment(
    chain_id=31337,
    authority=AUTHORITY,
    record_ledger=RECORDS,
    lens=LENS,
    block=1,
    block_hash=bytes(32),
    code_hashes={},
    tender_contracts=TenderContracts(POLICIES, TENDERS, AWARDS),
)
EMITTERS = dict(zip(TENDER_CONTRACTS, (POLICIES, TENDERS, AWARDS), strict=True))
PLACE = Place(7, b"\3" * 32, 99, b"\4" * 32, 5)
EVERY = sorted(KINDS)


def sample(cls: type[Event]) -> Event:
    return cls(PLACE, *[value(name, hint) for name, hint in shape_of(cls)])


def value(name: str, hint: Any) -> Any:
    """Return a value of a type that no other type's reader would leave as it is."""
    if get_origin(hint) is tuple:
        return tuple(value(name, plain_type(get_args(hint)[0])) for _ in range(2))
    if is_dataclass(hint):
        struct: Any = hint
        return struct(*[value(own, kind) for own, kind in shape_of(struct)])
    if issubclass(hint, IntEnum):
        return list(hint)[2]
    if hint is int:
        return 2**64 - 1 if name in ("valid_until", "size") else 3
    samples: dict[type, object] = {bytes: b"\xab" * 32, bool: True, str: SOMEBODY}
    return samples[hint]


def raw(given: Any) -> Any:
    """Return a value as the contract has it: structs are tuples, enumerations numbers."""
    if isinstance(given, tuple):
        return tuple(map(raw, given))
    if is_dataclass(given):
        return tuple(raw(getattr(given, name)) for name, _ in shape_of(type(given)))
    return int(given) if isinstance(given, IntEnum) else given


def log_of(happened: Event, emitter: Address, event: EventType) -> RawLog:
    indexed, plain = (
        [raw(getattr(happened, name)) for name in group.names]
        for group in (event.indexed, event.plain)
    )
    topics = [encode([kind], [one]) for kind, one in zip(event.indexed.types, indexed, strict=True)]
    return RawLog(
        address=emitter,
        topics=(event.topic, *topics),
        octets=encode(event.plain.types, plain),
        block=PLACE.block,
        block_hash=PLACE.block_hash,
        transaction=PLACE.transaction,
        log_index=PLACE.log_index,
    )


EMITTED = [
    (contract, event)
    for contract in TENDER_CONTRACTS
    for event in load_abi(contract).events.values()
    if event.name != "EIP712DomainChanged"
]


class TestFromLogs:
    def test_every_event_that_the_contracts_have_is_kept(self) -> None:
        assert sorted(event.name for _, event in EMITTED) == EVERY

    @pytest.mark.parametrize(
        ("contract", "event"), EMITTED, ids=lambda one: getattr(one, "name", one)
    )
    def test_gives_what_was_said(self, contract: str, event: EventType) -> None:
        happened = sample(KINDS[event.name])
        log = log_of(happened, EMITTERS[contract], event)
        assert decode_log(AT, log, PLACE.block_time) == happened

    def test_only_from_the_contract_that_has_it(self) -> None:
        event = load_abi("TenderLedger").events["TenderVoided"]
        happened = sample(KINDS[event.name])
        for other in (POLICIES, AWARDS, SOMEBODY):
            assert decode_log(AT, log_of(happened, other, event), 99) is None

    def test_refuses_a_phase_that_there_is_not(self) -> None:
        event = load_abi("TenderLedger").events["LotSettled"]
        log = log_of(sample(KINDS[event.name]), TENDERS, event)
        log = replace(log, octets=(99).to_bytes(32))
        with pytest.raises(ChainUnavailable):
            decode_log(AT, log, 99)

    def test_the_follower_asks_for_their_logs(self) -> None:
        assert set(AT.emitters) == {AUTHORITY, RECORDS, POLICIES, TENDERS, AWARDS}


class TestJson:
    @pytest.mark.parametrize("kind", EVERY)
    def test_comes_back_as_it_was(self, kind: str) -> None:
        happened = sample(KINDS[kind])
        told = json.loads(json.dumps(members_of(happened)))
        back = event_of(kind, PLACE, told)
        assert back == happened
        assert members_of(back) == told

    def test_is_plain(self) -> None:
        members = members_of(sample(KINDS["LotSettled"]))
        assert members == {"tenderId": "0x" + "ab" * 32, "lot": 3, "ended": "LISTING"}
        told = members_of(sample(KINDS["BidSubmitted"]))
        assert told["bid"]["parts"][0]["cB"] == "0x" + "ab" * 32
        assert told["bid"]["validUntil"] == "18446744073709551615"
        assert told["bidder"] == SOMEBODY

    @pytest.mark.parametrize(
        "change",
        [
            {"ended": "NEVER"},
            {"ended": 3},
            {"lot": "three"},
            {"lot": None},
            {"tenderId": "ab" * 32},
            {"tenderId": "0xzz"},
            {"tenderId": 7},
            {"more": 1},
        ],
    )
    def test_refuses_what_it_never_told(self, change: dict[str, Any]) -> None:
        members = members_of(sample(KINDS["LotSettled"]))
        with pytest.raises(EventMalformed):
            event_of("LotSettled", PLACE, members | change)

    def test_refuses_what_lacks_a_member_or_a_class(self) -> None:
        members = members_of(sample(KINDS["LotSettled"]))
        for kind in ("TenderEvent", "LotEvent", "Event", "lotSettled"):
            with pytest.raises(EventMalformed):
                event_of(kind, PLACE, members)
        del members["lot"]
        with pytest.raises(EventMalformed):
            event_of("LotSettled", PLACE, members)
