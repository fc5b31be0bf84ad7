from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode

from ledger import events
from ledger.chain.abi import load_abi
from ledger.chain.deployments import Deployment
from ledger.chain.logs import decode_log, event_topic, read_log
from ledger.chain.wire import checksum, spell
from ledger.errors import ChainUnavailable
from ledger.events import Event, Place
from ledger.values import (
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    RecordType,
    Root,
    Scope,
    Status,
)

AUTHORITY, RECORD_LEDGER, LENS, SOMEBODY, RECOGNITION = (
    checksum(bytes([n] * 20)) for n in range(1, 6)
)
CONTRACTS: dict[str, str] = {
    AUTHORITY: "Authority",
    RECORD_LEDGER: "RecordLedger",
    RECOGNITION: "RecognitionLedger",
}
AT = Deployment(31337, AUTHORITY, RECORD_LEDGER, LENS, 1, bytes(32), {}, RECOGNITION)
ID, OTHER = b"\1" * 32, b"\2" * 32
AGENCY, KEY_ID, TYPE = AgencyId(ID), KeyId(OTHER), RecordType(OTHER)
PLACE = Place(7, b"\3" * 32, 99, b"\4" * 32, 5)


def word(number: int) -> bytes:
    return number.to_bytes(32)


def log(emitter: str, name: str, topics: list[bytes], octets: bytes = b"") -> dict[str, Any]:
    contract = CONTRACTS[emitter]
    return {
        "address": emitter.lower(),
        "topics": [spell(topic) for topic in (event_topic(contract, name), *topics)],
        "data": spell(octets),
        "blockNumber": "0x7",
        "blockHash": spell(PLACE.block_hash),
        "transactionHash": spell(PLACE.transaction),
        "logIndex": "0x5",
        "removed": False,
    }


def decode(raw: dict[str, Any]) -> Event | None:
    return decode_log(AT, read_log(raw), PLACE.block_time)


KEY = (b"\5" * 32, b"\6" * 32, 3, 10, 11, 12, 13, 0, False)
KEY_TYPE = "(bytes32,bytes32,uint8,uint40,uint40,uint40,uint40,uint40,bool)"
ACCOUNT = bytes(12) + b"\4" * 20
FROM, TO = JurisdictionId(ID), JurisdictionId(OTHER)
HASHES = (b"\5" * 32, b"\6" * 32)
AGREEMENTS: list[tuple[dict[str, Any], Event]] = [
    (
        log(
            RECOGNITION,
            "AgreementProposed",
            [ID, OTHER, OTHER],
            word(3) + OTHER + b"".join(HASHES) + word(10) + word(20) + word(7),
        ),
        events.AgreementProposed(PLACE, FROM, TO, TYPE, 3, TO, *HASHES, 10, 20, 7),
    ),
    (
        log(RECOGNITION, "AgreementWithdrawn", [ID, word(3)]),
        events.AgreementWithdrawn(PLACE, ID, 3),
    ),
    (log(RECOGNITION, "AgreementSigned", [ID, word(3)]), events.AgreementSigned(PLACE, ID, 3)),
    (
        log(RECOGNITION, "AgreementCancelled", [ID, word(3)], OTHER),
        events.AgreementCancelled(PLACE, ID, 3, TO),
    ),
    (
        log(
            RECOGNITION,
            "AgreementSuspended",
            [ID, word(3)],
            word(1) + word(99) + word(5) + word(2) + HASHES[0],
        ),
        events.AgreementSuspended(PLACE, ID, 3, 1, 99, 5, Scope.GRADE, HASHES[0]),
    ),
    (
        log(RECOGNITION, "SuspensionLifted", [ID, word(3)], word(1)),
        events.SuspensionLifted(PLACE, ID, 3, 1),
    ),
    (
        log(RECOGNITION, "TerminationAnnounced", [ID, word(3)], OTHER + word(99)),
        events.TerminationAnnounced(PLACE, ID, 3, TO, 99),
    ),
]
GOLDEN: list[tuple[dict[str, Any], Event]] = [
    (
        log(AUTHORITY, "JurisdictionAdmitted", [ID], encode(["string"], ["CN-GD"])),
        events.JurisdictionAdmitted(PLACE, JurisdictionId(ID), "CN-GD"),
    ),
    (
        log(AUTHORITY, "AgencyAdmitted", [ID, OTHER], encode(["string", "string"], ["C", "穗"])),
        events.AgencyAdmitted(PLACE, AGENCY, JurisdictionId(OTHER), "C", "穗"),
    ),
    (
        log(AUTHORITY, "AgencyRenamed", [ID], encode(["string"], ["N"])),
        events.AgencyRenamed(PLACE, AGENCY, "N"),
    ),
    (
        log(AUTHORITY, "AgencyStatusChanged", [ID], word(2)),
        events.AgencyStatusChanged(PLACE, AGENCY, AgencyStatus.SUSPENDED),
    ),
    (
        log(AUTHORITY, "KeyAnnounced", [ID, OTHER], encode([KEY_TYPE], [KEY])),
        events.KeyAnnounced(PLACE, AGENCY, KEY_ID, KEY[0], KEY[1], 3, 11, 12, 13),
    ),
    (
        log(AUTHORITY, "KeyRetired", [ID, OTHER], word(9)),
        events.KeyRetired(PLACE, AGENCY, KEY_ID, 9),
    ),
    (log(AUTHORITY, "KeyFrozen", [ID, OTHER]), events.KeyFrozen(PLACE, AGENCY, KEY_ID)),
    (log(AUTHORITY, "KeyUnfrozen", [ID, OTHER]), events.KeyUnfrozen(PLACE, AGENCY, KEY_ID)),
    (
        log(AUTHORITY, "KeyCompromised", [ID, OTHER], word(9)),
        events.KeyCompromised(PLACE, AGENCY, KEY_ID, 9),
    ),
    (
        log(AUTHORITY, "Accredited", [ID, OTHER], word(1) + word(2**40 - 1)),
        events.Accredited(PLACE, AGENCY, TYPE, 1, 2**40 - 1),
    ),
    (
        log(AUTHORITY, "AccreditationWithdrawn", [ID, OTHER], word(9)),
        events.AccreditationWithdrawn(PLACE, AGENCY, TYPE, 9),
    ),
    (
        log(AUTHORITY, "RoleGranted", [ID, ACCOUNT, ACCOUNT]),
        events.RoleGranted(PLACE, ID, SOMEBODY),
    ),
    (
        log(AUTHORITY, "RoleRevoked", [ID, ACCOUNT, ACCOUNT]),
        events.RoleRevoked(PLACE, ID, SOMEBODY),
    ),
    *AGREEMENTS,
    (
        log(RECORD_LEDGER, "BatchAnchored", [ID, OTHER, word(1)], word(10_000)),
        events.BatchAnchored(PLACE, AGENCY, Root(OTHER), 1, 10_000),
    ),
    (
        log(
            RECORD_LEDGER,
            "StatusChanged",
            [ID, word(6), word(8191)],
            word(3 << 254) + word(2) + word(101) + word(7) + word(8),
        ),
        events.StatusChanged(PLACE, AGENCY, 6, 8191, 3 << 254, Status.SUSPENDED, 101, 7, 8),
    ),
    (
        log(RECORD_LEDGER, "ChangeCosigned", [ID, ACCOUNT], word(2**256 - 1)),
        events.ChangeCosigned(PLACE, AGENCY, SOMEBODY, 2**256 - 1),
    ),
]


class TestDecodeLog:
    @pytest.mark.parametrize(("raw", "event"), GOLDEN)
    def test_every_event_of_ours(self, raw: dict[str, Any], event: Event) -> None:
        assert decode(raw) == event

    def test_the_golden_ones_are_all_that_are_kept(self) -> None:
        kept = {type(event).__name__ for _, event in GOLDEN}
        abi = {name for contract in CONTRACTS.values() for name in load_abi(contract).events}
        ours = [cls for cls in vars(events).values() if isinstance(cls, type)]
        assert kept == {cls.__name__ for cls in ours if issubclass(cls, Event) and cls is not Event}
        assert abi - kept == {"RoleAdminChanged", "EIP712DomainChanged"}

    def test_a_stranger_who_says_the_same_is_not_heard(self) -> None:
        raw, _ = GOLDEN[-3]
        assert decode({**raw, "address": SOMEBODY}) is None
        assert decode({**raw, "address": AUTHORITY}) is None
        assert decode({**raw, "address": LENS}) is None

    def test_what_we_do_not_keep_is_passed_over(self) -> None:
        assert decode(log(AUTHORITY, "RoleAdminChanged", [ID, OTHER, ID])) is None
        raw, _ = GOLDEN[0]
        assert decode({**raw, "topics": []}) is None

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("data", "0x00"),
            ("topics", GOLDEN[-3][0]["topics"][:-1]),
            ("topics", [*GOLDEN[-3][0]["topics"], spell(ID)]),
            ("topics", [*GOLDEN[-3][0]["topics"][:-1], "0x01"]),
            ("topics", [*GOLDEN[-3][0]["topics"][:-1], spell(word(2**16))]),
            ("topics", None),
            ("blockNumber", 7),
            ("blockNumber", None),
            ("blockHash", "0x00"),
            ("transactionHash", None),
            ("logIndex", "5"),
            ("address", "0x00"),
        ],
    )
    def test_a_malformed_one_is_an_outage(self, member: str, value: Any) -> None:
        raw, _ = GOLDEN[-3]
        assert decode(raw) is not None
        with pytest.raises(ChainUnavailable):
            decode({**raw, member: value})

    def test_agreements_of_a_ledger_without_them_are_not_heard(self) -> None:
        raw, _ = AGREEMENTS[0]
        older = replace(AT, recognition_ledger=None)
        assert decode_log(older, read_log(raw), PLACE.block_time) is None

    def test_a_scope_that_nobody_knows_is_an_outage(self) -> None:
        raw, _ = AGREEMENTS[4]
        octets = word(1) + word(99) + word(5) + word(5) + HASHES[0]
        with pytest.raises(ChainUnavailable):
            decode({**raw, "data": spell(octets)})

    def test_a_status_that_nobody_knows_is_an_outage(self) -> None:
        raw, _ = GOLDEN[3]
        with pytest.raises(ChainUnavailable):
            decode({**raw, "data": spell(word(4))})
