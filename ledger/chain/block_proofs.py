"""Blocks that prove what was logged in them: a header, and all receipts under its root.

Whoever believes a block's hash needs no node: the header hashes to it, the receipts' trie (Yellow
Paper §4.3.1, EIP-2718) to the header's root, and since all receipts are there no log is missing.
Which transaction emitted a log is not proven: hashes of transactions are told besides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import rlp  # type: ignore[import-untyped]  # it comes without types
from eth_hash.auto import keccak
from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # as above
from trie.hexary import HexaryTrie

from ledger.chain.blocks import Head
from ledger.chain.logs import RawLog
from ledger.errors import Refused
from ledger.secp256k1 import ADDRESS_BYTES, checksum
from ledger.values import Address

BLOOM_BYTES: Final = 256
_PARENT, _RECEIPTS, _BLOOM, _NUMBER, _TIME = 0, 5, 6, 8, 11
_LEAST_FIELDS: Final = 15
_MOST_TYPE: Final = 0x7F
_RECEIPT_FIELDS: Final = 4
_LOG_FIELDS: Final = 3
_HASH_BYTES: Final = 32
_MOST_NUMBER_BYTES: Final = 8


@dataclass(eq=False)
class BlockUnproven(Refused):
    """The block's receipts are not those of its header, or nobody can read it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header as it was hashed."""

    head: Head
    receipts_root: bytes
    bloom: bytes

    def may_hold(self, *values: bytes) -> bool:
        """Whether the block may have a log with all these addresses and topics; no is certain."""
        wanted = _kept_bits(values)
        return int.from_bytes(self.bloom) & wanted == wanted


@dataclass(frozen=True, slots=True)
class BlockProof:
    """A block's header and receipts, raw, and the hashes of its transactions in their order."""

    header: bytes
    receipts: tuple[bytes, ...]
    transactions: tuple[bytes, ...]

    def logs(self) -> tuple[Head, tuple[RawLog, ...]]:
        """Return the block and every log in it; raise `BlockUnproven`."""
        header = read_header(self.header)
        if receipts_root(self.receipts) != header.receipts_root:
            raise BlockUnproven("receipts")
        if len(self.transactions) != len(self.receipts):
            raise BlockUnproven("transactions")
        found: list[RawLog] = []
        for transaction, receipt in zip(self.transactions, self.receipts, strict=True):
            for address, topics, octets in _logs_in(receipt):
                at = header.head
                found.append(
                    RawLog(address, topics, octets, at.block, at.hash, transaction, len(found))
                )
        return header.head, tuple(found)


def read_header(raw: bytes) -> Header:
    """Return a header; its hash is that of the bytes. Raise `BlockUnproven`."""
    fields = _decoded(raw, "header")
    is_flat = isinstance(fields, list) and all(isinstance(each, bytes) for each in fields)
    if not is_flat or len(fields) < _LEAST_FIELDS:
        raise BlockUnproven("header")
    parent, root, bloom = fields[_PARENT], fields[_RECEIPTS], fields[_BLOOM]
    if [len(parent), len(root), len(bloom)] != [_HASH_BYTES, _HASH_BYTES, BLOOM_BYTES]:
        raise BlockUnproven("header")
    number, time = fields[_NUMBER], fields[_TIME]
    if max(len(number), len(time)) > _MOST_NUMBER_BYTES:
        raise BlockUnproven("header")
    head = Head(int.from_bytes(number), keccak(raw), int.from_bytes(time), parent)
    return Header(head, root, bloom)


def receipts_root(receipts: Sequence[bytes]) -> bytes:
    """Return the root of the trie of receipts, each under the RLP of its place."""
    trie = HexaryTrie({})
    for place, receipt in enumerate(receipts):
        if not receipt:
            raise BlockUnproven("receipts")
        trie[encoded(place)] = receipt
    return bytes(trie.root_hash)


def encoded(value: Any) -> bytes:
    """Return the RLP (Yellow Paper, appendix B) of numbers, bytes and lists of them."""
    return bytes(rlp.encode(value))


def require_linked(headers: Sequence[Header], head: bytes) -> None:
    """Raise `BlockUnproven` unless each header is the child of the one before, up to `head`."""
    expected = head
    for header in reversed(headers):
        if header.head.hash != expected:
            raise BlockUnproven("chain of headers")
        expected = header.head.parent


def _logs_in(receipt: bytes) -> list[tuple[Address, tuple[bytes, ...], bytes]]:
    body = receipt[1:] if receipt[0] <= _MOST_TYPE else receipt
    fields = _decoded(body, "receipt")
    if not isinstance(fields, list) or len(fields) < _RECEIPT_FIELDS:
        raise BlockUnproven("receipt")
    if not isinstance(fields[3], list):
        raise BlockUnproven("receipt")
    return [_log(each) for each in fields[3]]


def _log(fields: Any) -> tuple[Address, tuple[bytes, ...], bytes]:
    if not isinstance(fields, list) or len(fields) != _LOG_FIELDS:
        raise BlockUnproven("log")
    address, topics, octets = fields
    are_bytes = isinstance(address, bytes) and isinstance(octets, bytes)
    if not are_bytes or len(address) != ADDRESS_BYTES or not isinstance(topics, list):
        raise BlockUnproven("log")
    if any(not isinstance(each, bytes) or len(each) != _HASH_BYTES for each in topics):
        raise BlockUnproven("log")
    return checksum(address), tuple(topics), octets


def _decoded(raw: bytes, what: str) -> Any:
    try:
        return rlp.decode(raw)
    except (RLPException, RecursionError) as exc:
        raise BlockUnproven(what) from exc


def _bits(values: Iterable[bytes]) -> int:
    """Three bits of the 2048 for each, by the first three pairs of its keccak (§4.3.1)."""
    found = 0
    for hashed in map(keccak, values):
        for spot in (0, 2, 4):
            found |= 1 << int.from_bytes(hashed[spot : spot + 2]) % (8 * BLOOM_BYTES)
    return found


_kept_bits: Final = lru_cache(maxsize=1_024)(_bits)
"""An archive asks tens of thousands of headers for the same few values."""
