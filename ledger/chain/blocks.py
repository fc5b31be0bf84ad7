"""Blocks as the chain client knows them."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from ledger.chain.wire import HASH_BYTES, octets, quantity, record, spell
from ledger.errors import ChainUnavailable

FULL: Final = True
HASHES_ONLY: Final = False


class Block(Protocol):
    """Whatever names one block by number and hash: a reference, a head, a header kept."""

    @property
    def block(self) -> int:
        """The block's number."""

    @property
    def hash(self) -> bytes:
        """The block's hash."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block by number and hash."""

    block: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What matters of a block's header; `time` in Unix seconds, `base_fee` in wei or None."""

    block: int
    hash: bytes
    time: int
    parent: bytes
    base_fee: int | None = None

    @property
    def ref(self) -> BlockRef:
        """The block by number and hash."""
        return BlockRef(self.block, self.hash)


def by_number(block: int | str) -> tuple[str, tuple[Any, ...]]:
    """Return the request for a header by number or by a tag such as "latest"."""
    tag = block if isinstance(block, str) else spell(block)
    return "eth_getBlockByNumber", (tag, HASHES_ONLY)


def read_head(value: Any) -> Head:
    """Return the header in a node's answer; raise `ChainUnavailable` when it has none."""
    if value is None:
        raise ChainUnavailable("the node does not have the block")
    header = record(value)
    fee = header.get("baseFeePerGas")
    return Head(
        block=quantity(header.get("number")),
        hash=octets(header.get("hash"), HASH_BYTES),
        time=quantity(header.get("timestamp")),
        parent=octets(header.get("parentHash"), HASH_BYTES),
        base_fee=None if fee is None else quantity(fee),
    )
