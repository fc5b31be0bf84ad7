from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.agreements.agreement import AgreementId, Terms
from ledger.agreements.terms import TermsSignature
from ledger.chain import agreement_calls as calls
from ledger.chain.abi import SELECTOR_BYTES, ArgumentInvalid, load_abi
from ledger.chain.calls import Call
from ledger.chain.deployments import AgreementsAbsent, Deployment
from ledger.chain.wire import checksum
from ledger.values import JurisdictionId, RecordType, Scope

OTHER, RECOGNITION, SOMEBODY = (checksum(bytes([n] * 20)) for n in range(1, 4))
AT = Deployment(31337, OTHER, OTHER, OTHER, 1, bytes(32), {}, RECOGNITION)
FROM, TO, TYPE = JurisdictionId(b"\1" * 32), JurisdictionId(b"\2" * 32), RecordType(b"\3" * 32)
ID = AgreementId(b"\4" * 32)
POLICY, BUNDLE, GRADE = b"\5" * 32, b"\6" * 32, b"\7" * 32
TERMS = Terms(FROM, TO, TYPE, 3, POLICY, BUNDLE, 10, 20, 7)
SIGNED = TermsSignature(SOMEBODY, b"\x08" * 65)
ENCODED = (FROM, TO, TYPE, 3, POLICY, BUNDLE, 10, 20, 7)

EXPECTED: dict[str, tuple[Callable[[], Call], tuple[Any, ...]]] = {
    "propose": (lambda: calls.propose(AT, TERMS, FROM), (ENCODED, FROM)),
    "agree": (
        lambda: calls.agree(AT, TERMS, TO, SIGNED),
        (ENCODED, TO, SOMEBODY, SIGNED.signature),
    ),
    "sign": (lambda: calls.sign(AT, ID, 3, POLICY, BUNDLE), (ID, 3, POLICY, BUNDLE)),
    "withdraw": (lambda: calls.withdraw(AT, ID, 3), (ID, 3)),
    "cancel": (lambda: calls.cancel(AT, ID, 3, TO), (ID, 3, TO)),
    "suspend": (
        lambda: calls.suspend(AT, ID, 3, 9, 99, Scope.GRADE, GRADE),
        (ID, 3, 9, 99, 2, GRADE),
    ),
    "lift": (lambda: calls.lift(AT, ID, 3, 1), (ID, 3, 1)),
    "terminate": (lambda: calls.terminate(AT, ID, 3, FROM, 99), (ID, 3, FROM, 99)),
}


class TestAgreementCalls:
    def test_every_write_of_the_contract_has_one(self) -> None:
        functions = load_abi("RecognitionLedger").functions.items()
        assert {name for name, function in functions if not function.is_view} == set(EXPECTED)

    @pytest.mark.parametrize("name", EXPECTED)
    def test_carries_its_values_in_the_contracts_order(self, name: str) -> None:
        make, values = EXPECTED[name]
        call, function = make(), load_abi("RecognitionLedger").functions[name]
        assert call.to == RECOGNITION
        assert call.data[:SELECTOR_BYTES] == function.selector
        assert function.inputs.decode(call.data[SELECTOR_BYTES:]) == values

    def test_a_suspension_is_of_the_whole_unless_told(self) -> None:
        inputs = load_abi("RecognitionLedger").functions["suspend"].inputs
        call = calls.suspend(AT, ID, 3, 9, 99)
        assert inputs.decode(call.data[SELECTOR_BYTES:]) == (ID, 3, 9, 99, 0, bytes(32))

    def test_a_ledger_from_before_agreements_has_none(self) -> None:
        older = replace(AT, recognition_ledger=None)
        with pytest.raises(AgreementsAbsent):
            calls.lift(older, ID, 3, 1)

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises(ArgumentInvalid):
            calls.propose(AT, replace(TERMS, version=2**32), FROM)
        with pytest.raises(ArgumentInvalid):
            calls.withdraw(AT, AgreementId(b"short"), 1)
