"""What a contract's refusal means: the ABI names the error.

`ledger.errors` has its class, or, for sealed tenders, `errors` or `contract_errors` there.
"""

from functools import cache
from typing import Final

from ledger import errors
from ledger.chain.abi import CONTRACTS, SELECTOR_BYTES, ErrorType, Parameters, load_abi
from ledger.chain.rpc import RpcRefused
from ledger.errors import (
    ChainUnavailable,
    ContractPanic,
    LedgerError,
    RevertUnknown,
    RevertWithText,
)
from ledger.tenders import contract_errors
from ledger.tenders import errors as tender_errors

_MODULES: Final = (errors, tender_errors, contract_errors)
_TEXT: Final = bytes.fromhex("08c379a0")  # Error(string), Solidity's own
_PANIC: Final = bytes.fromhex("4e487b71")  # Panic(uint256), likewise


def decode_revert(data: bytes) -> LedgerError:
    """Return the error that a contract raised, by its ABI name with its values.

    Bytes that no contract of ours gives become `RevertUnknown`.
    """
    selector, rest = data[:SELECTOR_BYTES], data[SELECTOR_BYTES:]
    try:
        if selector == _TEXT:
            return RevertWithText(*Parameters(("text",), ("string",)).decode(rest))
        if selector == _PANIC:
            return ContractPanic(*Parameters(("code",), ("uint256",)).decode(rest))
        error = _errors().get(selector)
        if error is not None:
            raised: LedgerError = error_class(error.name)(*error.inputs.decode(rest))
            return raised
    except ChainUnavailable:
        return RevertUnknown(data)
    return RevertUnknown(data)


def error_class(name: str) -> type[LedgerError]:
    """Return the class of a contract's error."""
    module = next(module for module in _MODULES if hasattr(module, name))
    found: type[LedgerError] = getattr(module, name)
    return found


def is_revert(refused: RpcRefused) -> bool:
    """Whether a node refused because the contract did; geth and anvil answer with code 3."""
    return refused.code == 3 or "revert" in refused.reason.lower()  # noqa: PLR2004  # see above


def plainly(refused: RpcRefused) -> LedgerError:
    """Return what a node's refusal is outside this package: the contract's error, or an outage."""
    if is_revert(refused):
        return decode_revert(refused.data)
    return ChainUnavailable(f"the node refused: {refused.reason}")


@cache
def _errors() -> dict[bytes, ErrorType]:
    contracts = (load_abi(name) for name in CONTRACTS)
    return {error.selector: error for abi in contracts for error in abi.errors.values()}
