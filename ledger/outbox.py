"""What the sender keeps on disk: kill -9 at any line loses nothing and sends nothing twice.

An *intent* is one effect wanted on a chain (a root, a status change); it takes effect once while
the chain lives. An *attempt* is one signed transaction for it; all attempts of an intent share its
nonce.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ledger.values import Address


class IntentState(StrEnum):
    """Where an intent stands; each state is entered in one transaction."""

    WAITING = "waiting"  # stored with the rows it serves
    RESERVED = "reserved"  # has its nonce
    SIGNED = "signed"  # the raw transaction is stored
    SENT = "sent"  # a node has it, or may have it
    MINED = "mined"  # an attempt has a receipt with status 1
    FINAL = "final"  # its block is deep enough and still ours
    FAILED = "failed"  # reverted; parked with the error's name


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction in a block, and its price in wei per gas, None where the node tells none."""

    block: int
    block_hash: bytes
    transaction: bytes
    gas_used: int
    gas_price: int | None


@dataclass(frozen=True, slots=True)
class Intent:
    """One effect wanted on a chain; `id` is sha256 of chain, contract and content."""

    id: bytes
    chain_id: int
    account: Address
    to: Address
    call: bytes  # ABI-encoded
    state: IntentState = IntentState.WAITING
    nonce: int | None = None
    gas: int | None = None
    error: str | None = None
    block: int | None = None
    block_hash: bytes | None = None
    transaction: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction; fees in wei, `at` in Unix seconds."""

    intent: bytes
    hash: bytes
    raw: bytes = field(repr=False)
    nonce: int
    max_fee: int
    priority_fee: int
    at: int


Standing = tuple[IntentState, Receipt]
"""MINED or FINAL, and the receipt that says so."""


class Outbox(Protocol):
    """The sender's disk. Every method is one committed transaction, of all that it is given."""

    def waiting(self, chain_id: int, account: Address, limit: int) -> Sequence[Intent]:
        """Return the oldest intents that wait, in the order they were stored."""

    def unfinished(self, chain_id: int, account: Address) -> Sequence[Intent]:
        """Return all intents from RESERVED to MINED in the order of their nonces."""

    def next_nonce(self, chain_id: int, account: Address) -> int | None:
        """Return the next nonce to be taken; None before the account's first use."""

    def set_nonce(self, chain_id: int, account: Address, nonce: int) -> None:
        """Set the next nonce: at an account's first use, or after a foreign one."""

    def reserve(self, gas: Mapping[bytes, int], nonce: int) -> None:
        """Give intents of one account their gas limits and, in this order, nonces from `nonce` on.

        The account's counter stands at `nonce`, and behind the last one afterwards.
        """

    def release(self, intent: bytes) -> None:
        """Put an intent back to WAITING without nonce and attempts, the nonce being lost to it."""

    def add_attempts(self, signed: Sequence[Attempt]) -> None:
        """Store signed transactions before any of them leaves; their intents become SIGNED."""

    def attempts(self, intent: bytes) -> Sequence[Attempt]:
        """Return all attempts of an intent, oldest first."""

    def attempts_of(self, intents: Collection[bytes]) -> Mapping[bytes, Sequence[Attempt]]:
        """Return the attempts of each of the intents that has some, oldest first."""

    def mark(
        self,
        intent: bytes,
        state: IntentState,
        *,
        error: str | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        """Move an intent to a state; `receipt` is that of the attempt which stands in a block."""

    def mark_sent(self, sent: Collection[bytes]) -> None:
        """Move intents to SENT; they stand in no block."""

    def settle(self, found: Mapping[bytes, Standing]) -> None:
        """Move intents to MINED or FINAL, each with the receipt of what stands for it."""

    def halt(self, chain_id: int, account: Address, reason: str) -> None:
        """Stop an account until its reason is gone; an empty reason resumes it."""

    def halted(self, chain_id: int, account: Address) -> str:
        """Return the reason for which an account stands still, or an empty string."""
