"""A contract of somebody else, spoken to through the same client as ours."""

from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_abi.grammar import TupleType, parse
from eth_hash.auto import keccak

from ledger.chain.accounts import Account
from ledger.chain.direct import Receipt, transact
from ledger.chain.rpc import Node
from ledger.values import Address

SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Contract:
    """Where it stands, and who pays."""

    node: Node
    account: Account
    address: Address

    @classmethod
    def deploy(
        cls, node: Node, account: Account, code: bytes, types: str, *values: Any
    ) -> "Contract":
        """Put it on the chain; `types` are the constructor's, such as `(string,address)`."""
        receipt = transact(node, account, None, code + _arguments(types, values))
        if receipt.contract is None:
            raise ValueError("the receipt names no contract")
        return cls(node, account, receipt.contract)

    def send(self, signature: str, *values: Any) -> Receipt:
        """Call a function such as `issue(bytes32)` and wait for its receipt."""
        name, bracket, rest = signature.partition("(")
        data = keccak(signature.encode())[:SELECTOR_BYTES] + _arguments(bracket + rest, values)
        if not name:
            raise ValueError(signature)
        return transact(self.node, self.account, self.address, data)


def _arguments(types: str, values: tuple[Any, ...]) -> bytes:
    if types == "()":
        return b""
    parsed = parse(types)
    if not isinstance(parsed, TupleType):
        raise TypeError(types)
    return encode([each.to_type_str() for each in parsed.components], values)
