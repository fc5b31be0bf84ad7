"""Proofs of blocks from a node: headers and receipts, put together anew and held against hashes.

A header is kept as it is hashed. Nodes differ in what they give. Raw receipts are taken where they
are offered; else they are encoded from JSON, and what does not lead to the header's root is not
believed.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from eth_hash.auto import keccak

from ledger.chain.bft_headers import hashed_extras
from ledger.chain.block_proofs import BlockProof, BlockUnproven, encoded, receipts_root
from ledger.chain.blocks import by_number, read_head
from ledger.chain.inclusion import ask
from ledger.chain.rpc import Node, Request, RpcRefused
from ledger.chain.wire import HASH_BYTES, octets, quantity, record, rows, spell
from ledger.errors import ChainUnavailable, Unavailable

_HEADER: Final = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
"""In the order in which they are hashed, up to Osaka."""
_NUMBERS: Final = frozenset(
    {
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
        *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
    }
)


class BlockNotProvable(Unavailable):
    """Headers or receipts do not hash to the chain's: not as Ethereum, nor QBFT, nor IBFT 2.0."""


def gather_blocks(node: Node, numbers: Sequence[int]) -> dict[int, BlockProof]:
    """Return the proofs of blocks by number.

    Raises `BlockNotProvable`, and `ChainUnavailable` where the node cannot say.
    """
    blocks = ask(node, [by_number(number) for number in numbers])
    found = {}
    for number, block in zip(numbers, blocks, strict=True):
        header = _header(node, block)
        hashes = [octets(each, HASH_BYTES) for each in rows(record(block).get("transactions"))]
        root = octets(record(block).get("receiptsRoot"), HASH_BYTES)
        receipts = _receipts(node, number, hashes, root)
        found[number] = BlockProof(header, receipts, tuple(hashes))
    return found


def gather_headers(node: Node, start: int, end: int) -> list[bytes]:
    """Return the raw headers of blocks `start` to `end`; raises as `gather_blocks`."""
    blocks = ask(node, [by_number(number) for number in range(start, end + 1)])
    return [_header(node, each) for each in blocks]


def _header(node: Node, block: Any) -> bytes:
    expected = read_head(block).hash
    told = record(block)
    fields = {name: _field(name, told[name]) for name in _HEADER if told.get(name) is not None}
    for extra in hashed_extras(fields.get("extraData", b"")):
        raw = encoded(list((fields | {"extraData": extra}).values()))
        if keccak(raw) == expected:
            return raw
    (given,) = node.outcomes([("debug_getRawHeader", (told["number"],))])
    if isinstance(given, str) and keccak(octets(given)) == expected:
        return octets(given)
    raise BlockNotProvable


def _field(name: str, value: Any) -> Any:
    return _number(value) if name in _NUMBERS else octets(value)


def _number(value: Any) -> bytes:
    found = quantity(value)
    return found.to_bytes((found.bit_length() + 7) // 8)


def _receipts(
    node: Node, number: int, transactions: Sequence[bytes], root: bytes
) -> tuple[bytes, ...]:
    """Return a block's receipts, raw, by the first way that leads to their root."""
    requests: list[Request] = [("eth_getTransactionReceipt", (spell(t),)) for t in transactions]
    ways: tuple[Callable[[], list[bytes]], ...] = (
        lambda: [_encoded(each) for each in rows(_one(node, "eth_getBlockReceipts", number))],
        lambda: [octets(each) for each in rows(_one(node, "debug_getRawReceipts", number))],
        lambda: [_encoded(each) for each in ask(node, requests)],
    )
    for way in ways:
        try:
            found = tuple(way())
            if len(found) == len(transactions) and receipts_root(found) == root:
                return found
        except (ChainUnavailable, BlockUnproven, KeyError):
            continue
    raise BlockNotProvable


def _one(node: Node, method: str, number: int) -> Any:
    (outcome,) = node.outcomes([(method, (spell(number),))])
    if isinstance(outcome, RpcRefused):
        raise ChainUnavailable(f"the node refused: {outcome.reason}")
    return outcome


def _encoded(value: Any) -> bytes:
    """Return a receipt as it is hashed (EIP-658, EIP-2718)."""
    told = record(value)
    logs = [
        [
            octets(log["address"]),
            [octets(topic, HASH_BYTES) for topic in rows(log["topics"])],
            octets(log["data"]),
        ]
        for log in map(record, rows(told["logs"]))
    ]
    root = told.get("root")
    outcome = _number(told["status"]) if root is None else octets(root, HASH_BYTES)
    gas, bloom = _number(told["cumulativeGasUsed"]), octets(told["logsBloom"])
    body = encoded([outcome, gas, bloom, logs])
    kind = quantity(told.get("type", "0x0"))
    return body if kind == 0 else bytes([kind]) + body
