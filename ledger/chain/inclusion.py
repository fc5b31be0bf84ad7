"""Which transactions are in blocks of the chain, cross-checked by block hash."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.blocks import by_number, read_head
from ledger.chain.reverts import plainly
from ledger.chain.rpc import Node, Request, RpcRefused
from ledger.chain.wire import HASH_BYTES, octets, quantity, record, rows, spell
from ledger.errors import ChainUnavailable

_SUCCESS: Final = 1


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A transaction in a block; `succeeded` tells whether it took effect."""

    transaction: bytes
    block: int
    block_hash: bytes
    succeeded: bool


def ask(node: Node, requests: Sequence[Request]) -> list[Any]:
    """Return the node's answers; a refusal is the contract's error or `ChainUnavailable`."""
    try:
        return node.batch(requests)
    except RpcRefused as exc:
        raise plainly(exc) from exc


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
    return Inclusion(
        transaction,
        quantity(receipt.get("blockNumber")),
        octets(receipt.get("blockHash"), HASH_BYTES),
        quantity(receipt.get("status")) == _SUCCESS,
    )
