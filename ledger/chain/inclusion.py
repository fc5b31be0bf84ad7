"""Which transactions are in blocks of the chain, cross-checked by block hash."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.blocks import by_number, read_head
from ledger.chain.reverts import plainly
from ledger.chain.rpc import Node, Request, RpcRefused
from ledger.chain.wire import HASH_BYTES, octets, quantity, record, rows, spell
from ledger.errors import ChainUnavailable, FinalityUnknown
from ledger.finality import FINALIZED, Confirmations
from ledger.outbox import Receipt

_SUCCESS: Final = 1
_NO_SUCH_BLOCK: Final = frozenset({-32602, -32001, -39001})
"""Invalid params (JSON-RPC 2.0, 5.1), resource not found (EIP-1474), unknown block (Besu, Erigon).
"""
_NOT_KNOWN: Final = re.compile(
    r"(block|header) not found|finalized\W+not available|(unknown|invalid|unsupported) (block|tag)",
    re.IGNORECASE,
)
"""How nodes say so whose code is for any error: geth's "finalized block not found"."""
_GREATEST: Final = 2**63 - 1
"""More than any gas or price: what a database's widest integer holds."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A transaction in a block; `succeeded` tells whether it took effect."""

    receipt: Receipt
    succeeded: bool

    @property
    def transaction(self) -> bytes:
        """The transaction's hash."""
        return self.receipt.transaction

    @property
    def block(self) -> int:
        """The number of its block."""
        return self.receipt.block

    @property
    def block_hash(self) -> bytes:
        """The hash of its block."""
        return self.receipt.block_hash


def ask(node: Node, requests: Sequence[Request]) -> list[Any]:
    """Return the node's answers; a refusal is the contract's error or `ChainUnavailable`."""
    try:
        return node.batch(requests)
    except RpcRefused as exc:
        raise plainly(exc) from exc


def finalized_block(node: Node) -> int | None:
    """Return the newest block that the chain calls finalized; None where the node does not say.

    Nodes answer a tag that they do not know, or have no block for yet, with null or an error. Any
    other refusal says nothing of the chain: it raises `ChainUnavailable`.
    """
    (outcome,) = node.outcomes([by_number(FINALIZED)])
    if isinstance(outcome, RpcRefused):
        if outcome.code in _NO_SUCH_BLOCK or _NOT_KNOWN.search(outcome.reason):
            return None
        raise ChainUnavailable(f"the node refused: {outcome.reason}") from outcome
    return None if outcome is None else read_head(outcome).block


def require_finality(node: Node, confirmations: Confirmations) -> None:
    """Raise `FinalityUnknown` when `confirmations` want what the node does not say."""
    if confirmations == FINALIZED and finalized_block(node) is None:
        raise FinalityUnknown


def find_included(node: Node, hashes: Collection[bytes]) -> dict[bytes, Inclusion]:
    """Return those of the transactions that stand in a block of the node's present chain.

    A receipt whose block is not the one that the node has at that height counts as none.
    """
    asked = list(hashes)
    receipts = ask(node, [("eth_getTransactionReceipt", (spell(one),)) for one in asked])
    found = [
        _inclusion(one, receipt)
        for one, receipt in zip(asked, receipts, strict=True)
        if receipt is not None
    ]
    numbers = sorted({inclusion.block for inclusion in found})
    answers = ask(node, [by_number(number) for number in numbers])
    heads = (read_head(answer) for answer in answers if answer is not None)
    present = {head.block: head.hash for head in heads}
    return {
        inclusion.transaction: inclusion
        for inclusion in found
        if present.get(inclusion.block) == inclusion.block_hash
    }


def find_known(node: Node, hashes: Collection[bytes]) -> set[bytes]:
    """Return those of the transactions that a node has, in a block or waiting for one."""
    asked = list(hashes)
    answers = ask(node, [("eth_getTransactionByHash", (spell(one),)) for one in asked])
    return {one for one, answer in zip(asked, answers, strict=True) if answer is not None}


def find_log(node: Node, address: str, topics: Sequence[bytes], block: int) -> Inclusion | None:
    """Return the transaction in `block` that emitted a log with these topics."""
    asked = {
        "address": address,
        "topics": [spell(topic) for topic in topics],
        "fromBlock": spell(block),
        "toBlock": spell(block),
    }
    (answer,) = ask(node, [("eth_getLogs", (asked,))])
    for value in rows(answer):
        log = record(value)
        transaction = octets(log.get("transactionHash"), HASH_BYTES)
        return find_included(node, [transaction]).get(transaction)
    return None


def _inclusion(transaction: bytes, value: Any) -> Inclusion:
    receipt = record(value)
    if octets(receipt.get("transactionHash"), HASH_BYTES) != transaction:
        raise ChainUnavailable("the node sent the receipt of something else")
    price = receipt.get("effectiveGasPrice")
    return Inclusion(
        Receipt(
            block=quantity(receipt.get("blockNumber")),
            block_hash=octets(receipt.get("blockHash"), HASH_BYTES),
            transaction=transaction,
            gas_used=_bounded(receipt.get("gasUsed")),
            gas_price=None if price is None else _bounded(price),
        ),
        quantity(receipt.get("status")) == _SUCCESS,
    )


def _bounded(value: Any) -> int:
    found = quantity(value)
    if found > _GREATEST:
        raise ChainUnavailable("the node sent a receipt of impossible cost")
    return found
