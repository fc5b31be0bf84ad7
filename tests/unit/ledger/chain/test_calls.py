from collections.abc import Callable
from typing import Any

import pytest

from ledger.chain import calls
from ledger.chain.abi import SELECTOR_BYTES, ArgumentInvalid, load_abi
from ledger.chain.calls import Call, KeyWindow
from ledger.chain.deployments import Deployment
from ledger.chain.sender import intent_id
from ledger.chain.wire import checksum
from ledger.errors import CoSignatureInvalid
from ledger.keys import PrivateKey
from ledger.typed_data import CoSignature, StatusOrder
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    KeyUsage,
    RecordKind,
    RecordType,
    Role,
    Root,
    Status,
    Window,
    WordChange,
    role_id,
)

AUTHORITY, RECORD_LEDGER, LENS, SOMEBODY = (checksum(bytes([n] * 20)) for n in range(1, 5))
AT = Deployment(31337, AUTHORITY, RECORD_LEDGER, LENS, 1, bytes(32), {})
AGENCY, JURISDICTION = AgencyId(b"\1" * 32), JurisdictionId(b"\2" * 32)
KEY_ID, TYPE, ROOT = KeyId(b"\3" * 32), RecordType(b"\4" * 32), Root(b"\5" * 32)
KEY = PrivateKey.from_secret(bytes(31) + b"\7").public_key
ORDER = StatusOrder(AGENCY, 6, (WordChange(1, 3), WordChange(2, 12)), Status.SUSPENDED, 101, 7, 8)
TERMS = ((2, 101, AGENCY, 6, 7, 8), ((1, 3), (2, 12)))
SIGNED = CoSignature(SOMEBODY, 9, 10, b"\6" * 64 + b"\x1c")

EXPECTED: dict[str, tuple[Callable[[], Call], tuple[Any, ...]]] = {
    "admitJurisdiction": (
        lambda: calls.admit_jurisdiction(AT, "CN-GD", SOMEBODY),
        ("CN-GD", SOMEBODY),
    ),
    "admitAgency": (
        lambda: calls.admit_agency(AT, JURISDICTION, "C", "N", SOMEBODY),
        (JURISDICTION, "C", "N", SOMEBODY),
    ),
    "renameAgency": (lambda: calls.rename_agency(AT, AGENCY, "N"), (AGENCY, "N")),
    "setAgencyStatus": (
        lambda: calls.set_agency_status(AT, AGENCY, AgencyStatus.RETIRED),
        (AGENCY, 3),
    ),
    "announceKey": (
        lambda: calls.announce_key(AT, AGENCY, KEY, KeyUsage.BUNDLES, KeyWindow(1, 2, 3)),
        (AGENCY, KEY.x, KEY.y, 4, 1, 2, 3),
    ),
    "retireKey": (lambda: calls.retire_key(AT, AGENCY, KEY_ID, 5), (AGENCY, KEY_ID, 5)),
    "freezeKey": (lambda: calls.freeze_key(AT, AGENCY, KEY_ID), (AGENCY, KEY_ID)),
    "unfreezeKey": (lambda: calls.unfreeze_key(AT, AGENCY, KEY_ID), (AGENCY, KEY_ID)),
    "reportKeyCompromised": (
        lambda: calls.report_key_compromised(AT, AGENCY, KEY_ID, 5),
        (AGENCY, KEY_ID, 5),
    ),
    "accredit": (
        lambda: calls.accredit(AT, AGENCY, TYPE, Window(5, 6)),
        (AGENCY, TYPE, 5, 6),
    ),
    "withdrawAccreditation": (
        lambda: calls.withdraw_accreditation(AT, AGENCY, TYPE),
        (AGENCY, TYPE),
    ),
    "grantRole": (
        lambda: calls.grant_role(AT, AGENCY, Role.GATE, SOMEBODY),
        (role_id(AGENCY, Role.GATE), SOMEBODY),
    ),
    "revokeRole": (
        lambda: calls.revoke_role(AT, AGENCY, Role.GATE, SOMEBODY),
        (role_id(AGENCY, Role.GATE), SOMEBODY),
    ),
    "anchor": (
        lambda: calls.anchor(AT, AGENCY, RecordKind.DECISION, ROOT, 9),
        (AGENCY, 2, ROOT, 9),
    ),
    "changeStatus": (lambda: calls.change_status(AT, ORDER), TERMS),
    "changeStatusCosigned": (
        lambda: calls.change_status_cosigned(AT, ORDER, SIGNED),
        (*TERMS, (SOMEBODY.lower(), 9, 10, b"\6" * 32, b"\x86" + b"\6" * 31)),
    ),
    "changeStatusCosignedByContract": (
        lambda: calls.change_status_cosigned_by_contract(AT, ORDER, SIGNED),
        (*TERMS, SOMEBODY, 9, 10, SIGNED.signature),
    ),
}
LEFT_OUT = {"renounceRole"}  # AccessControl's own; nobody of ours gives a role back


def writes(contract: str) -> set[str]:
    return {
        entry for entry, function in load_abi(contract).functions.items() if not function.is_view
    }


class TestCalls:
    def test_every_write_of_the_contracts_has_one(self) -> None:
        assert writes("Authority") | writes("RecordLedger") == set(EXPECTED) | LEFT_OUT

    @pytest.mark.parametrize("name", EXPECTED)
    def test_carries_its_values_in_the_contracts_order(self, name: str) -> None:
        make, values = EXPECTED[name]
        call = make()
        contract = "RecordLedger" if name in load_abi("RecordLedger").functions else "Authority"
        function = load_abi(contract).functions[name]
        assert call.to == AT.addresses[contract]
        assert call.data[:SELECTOR_BYTES] == function.selector
        assert function.inputs.decode(call.data[SELECTOR_BYTES:]) == values

    @pytest.mark.parametrize(
        "signature",
        [
            b"",
            b"\6" * 64,
            b"\6" * 64 + b"\x1c\x1c",
            b"\6" * 64 + b"\x1d",
            b"\6" * 32 + b"\x80" + b"\6" * 31 + b"\x1b",
        ],
        ids=["empty", "short", "long", "parity", "upper half"],
    )
    def test_a_signature_that_no_key_gives_is_refused(self, signature: bytes) -> None:
        signed = CoSignature(SOMEBODY, 9, 10, signature)
        with pytest.raises(CoSignatureInvalid):
            calls.change_status_cosigned(AT, ORDER, signed)

    def test_an_even_parity_leaves_the_highest_bit_clear(self) -> None:
        signed = CoSignature(SOMEBODY, 9, 10, b"\6" * 64 + b"\x1b")
        assert b"\6" * 64 in calls.change_status_cosigned(AT, ORDER, signed).data

    def test_an_accreditation_is_open_from_now_on_unless_told(self) -> None:
        inputs = load_abi("Authority").functions["accredit"].inputs
        call = calls.accredit(AT, AGENCY, TYPE)
        assert inputs.decode(call.data[SELECTOR_BYTES:]) == (AGENCY, TYPE, 0, OPEN_END)

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises(ArgumentInvalid):
            calls.anchor(AT, AGENCY, RecordKind.LICENCE, ROOT, 2**32)
        with pytest.raises(ArgumentInvalid):
            calls.freeze_key(AT, AGENCY, KeyId(b"short"))


class TestIntentId:
    def test_is_the_effects_and_nothing_elses(self) -> None:
        call = calls.anchor(AT, AGENCY, RecordKind.LICENCE, ROOT, 1)
        assert intent_id(1, call) == intent_id(1, Call(call.to, call.data))
        others = {
            intent_id(2, call),
            intent_id(1, Call(LENS, call.data)),
            intent_id(1, calls.anchor(AT, AGENCY, RecordKind.LICENCE, ROOT, 2)),
        }
        assert len(others | {intent_id(1, call)}) == 4
