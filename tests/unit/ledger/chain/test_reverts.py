import dataclasses
import inspect
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from ledger import errors
from ledger.chain.abi import CONTRACTS, ErrorType, load_abi
from ledger.chain.reverts import decode_revert, error_class, plainly
from ledger.chain.rpc import RpcRefused
from ledger.errors import (
    ChainUnavailable,
    ContractPanic,
    KeyUnknown,
    LedgerError,
    Refused,
    RevertUnknown,
    RevertWithText,
    RoleMissing,
    RootEmpty,
    StatusTransitionIllegal,
)

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ERRORS = {
    error.name: error for contract in CONTRACTS for error in load_abi(contract).errors.values()
}
SAMPLES: dict[str, Any] = {
    "bytes32": bytes(range(32)),
    "address": ACCOUNT,
    "bool": True,
    "string": "穗",
    "uint8": 7,
}


def sample(kind: str) -> Any:
    return SAMPLES.get(kind, 2**16 - 2)


def annotation(kind: str) -> type:
    plain: dict[str, type] = {"bytes32": bytes, "address": str, "bool": bool, "string": str}
    return plain.get(kind, int)


class TestDecodeRevert:
    @pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
    def test_every_error_of_the_abi_has_a_class_with_its_values(self, error: ErrorType) -> None:
        cls: Any = error_class(error.name)
        assert issubclass(cls, Refused)
        fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
        assert tuple(field.name for field in fields) == error.inputs.names
        assert [field.type for field in fields] == [annotation(k) for k in error.inputs.types]
        values = [sample(kind) for kind in error.inputs.types]
        raised = decode_revert(error.selector + encode(error.inputs.types, values))
        assert type(raised) is cls
        assert list(raised.values().values()) == values

    def test_every_class_of_the_contracts_is_in_the_abi(self) -> None:
        source = inspect.getsource(errors)
        first = source.index("# Errors of contracts/interfaces/IAuthority.sol")
        last = source.index("and the two that the compiler knows")
        declared = {
            name
            for name, cls in vars(errors).items()
            if inspect.isclass(cls) and first < source.find(f"class {name}(") < last
        }
        assert declared
        assert declared <= set(ERRORS)

    def test_names_that_python_keeps_are_spelt_apart(self) -> None:
        error = ERRORS["StatusTransitionIllegal"]
        raised = decode_revert(error.selector + encode(error.inputs.types, [1, 3, 0, 2]))
        assert isinstance(raised, StatusTransitionIllegal)
        assert (raised.from_, raised.to) == (0, 2)

    def test_an_account_has_its_check_case(self) -> None:
        error = ERRORS["RoleMissing"]
        octets = encode(error.inputs.types, [bytes(32), 1, ACCOUNT.lower()])
        raised = decode_revert(error.selector + octets)
        assert isinstance(raised, RoleMissing)
        assert raised.account == ACCOUNT

    def test_a_text_and_a_panic(self) -> None:
        text = decode_revert(bytes.fromhex("08c379a0") + encode(["string"], ["no"]))
        assert isinstance(text, RevertWithText)
        assert text.text == "no"
        panic = decode_revert(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]))
        assert isinstance(panic, ContractPanic)
        assert panic.code == 0x11

    @given(st.binary(max_size=200))
    def test_whatever_comes_is_an_error_of_ours(self, data: bytes) -> None:
        assert isinstance(decode_revert(data), LedgerError)

    def test_a_known_selector_with_cut_values_is_unknown(self) -> None:
        error = ERRORS["KeyUnknown"]
        whole = error.selector + encode(error.inputs.types, [bytes(32), bytes(32)])
        assert isinstance(decode_revert(whole), KeyUnknown)
        for length in range(len(whole)):
            raised = decode_revert(whole[:length])
            assert isinstance(raised, RevertUnknown)
            assert raised.data == whole[:length]


class TestPlainly:
    def test_a_revert_is_the_contracts_error(self) -> None:
        error = ERRORS["RootEmpty"]
        refused = RpcRefused("execution reverted", 3, error.selector)
        assert isinstance(plainly(refused), RootEmpty)

    def test_geths_older_code_for_a_revert(self) -> None:
        refused = RpcRefused(
            "execution reverted: RootEmpty()", -32000, ERRORS["RootEmpty"].selector
        )
        assert isinstance(plainly(refused), RootEmpty)

    def test_anything_else_is_an_outage(self) -> None:
        plain = plainly(RpcRefused("limit exceeded", -32005))
        assert type(plain) is ChainUnavailable
        assert "limit exceeded" in plain.reason
