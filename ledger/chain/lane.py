"""One account on one chain: what the sender's parts share, and the acts they have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ledger.chain.accounts import Account, SignedTransaction
from ledger.chain.deployments import Deployment
from ledger.chain.estimates import estimates
from ledger.chain.fees import FeePolicy, Fees
from ledger.chain.rpc import Node
from ledger.errors import LedgerError
from ledger.finality import Confirmations
from ledger.outbox import Attempt, Intent, IntentState, Outbox
from ledger.values import Address

_NOOP_GAS: Final = 21_000


class Reason(StrEnum):
    """Why an account stands still. All but FOREIGN_NONCE end when their cause does."""

    WRONG_NETWORK = "wrong-network"
    WRONG_HISTORY = "wrong-history"
    WRONG_CODE = "wrong-code"
    NO_FUNDS = "no-funds"
    FOREIGN_NONCE = "foreign-nonce"  # twice: somebody else uses the key, and a person must look


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should see: a stable code, and the node's or error's own words."""

    code: str
    words: str = ""
    intent: bytes | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Confirmations that make an intent final, and how many intents are under way at most.

    anvil stalls for good somewhere above 256 unawaited transactions.
    """

    confirmations: Confirmations = 1
    window: int = 64


@dataclass(slots=True)
class Progress:
    """What one step did; `under_way` counts what has a nonce and is in no block yet."""

    sent: int = 0
    under_way: int = 0
    halted: str = ""
    alarms: list[Alarm] = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """What the steps of one process tell each other; it only hastens, delays or counts."""

    checked: bool = False
    finality_unknown: bool = False
    foreign: int = 0
    suspects: dict[bytes, int] = field(default_factory=dict)
    gaps: dict[int, int] = field(default_factory=dict)
    doubts: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    troubles: dict[bytes, int] = field(default_factory=dict)
    underpriced: set[bytes] = field(default_factory=set)
    at_ceiling: set[bytes] = field(default_factory=set)
    vanished: set[bytes] = field(default_factory=set)
    gas: dict[bytes, int] = field(default_factory=dict)
    turn: tuple[int, int] = (-1, 0)

    def keep(self, missing: set[bytes]) -> None:
        """Forget what is remembered of intents that stand in a block by now."""
        self.underpriced &= missing
        self.at_ceiling &= missing
        self.vanished &= missing
        for kept in (self.troubles, self.gas):
            for intent in kept.keys() - missing:
                del kept[intent]

    def waits_for_turn(self, nonce: int, block: int) -> int:
        """Return for how many blocks `nonce` has been the next one of its account."""
        if self.turn[0] != nonce:
            self.turn = (nonce, block)
        return block - self.turn[1]

    def trouble(self, intent: bytes) -> int:
        """Count one more loss or refusal of an intent's bytes, and return the count."""
        self.troubles[intent] = self.troubles.get(intent, 0) + 1
        return self.troubles[intent]


@dataclass(slots=True)
class Lane:
    """An account, its outbox and the chain it sends to."""

    node: Node
    deployment: Deployment
    account: Account
    outbox: Outbox
    fees: FeePolicy
    clock: Callable[[], int]
    limits: Limits
    reach: Callable[[str], None]
    memory: Memory = field(default_factory=Memory)
    progress: Progress = field(default_factory=Progress)

    @property
    def name(self) -> tuple[int, Address]:
        """Chain and account, by which the outbox knows the lane."""
        return self.deployment.chain_id, self.account.address

    def alarm(self, code: str, words: str = "", intent: bytes | None = None) -> None:
        """Tell a person."""
        self.progress.alarms.append(Alarm(code, words, intent))

    def halted(self) -> str:
        """Return why the account stands still, or an empty string."""
        return self.outbox.halted(*self.name)

    def halt(self, reason: Reason) -> None:
        """Stop the account and tell a person once."""
        if self.halted() != reason:
            self.outbox.halt(*self.name, reason)
            self.alarm("halted", reason)

    def resume(self, *reasons: Reason) -> None:
        """Let the account go on if it stands still for one of `reasons`."""
        if self.halted() in reasons:
            self.outbox.halt(*self.name, "")

    def sign(self, intent: Intent, fees: Fees) -> Attempt:
        """Return a signed transaction, stored before the first of its bytes leaves."""
        (attempt,) = self.sign_all([intent], fees)
        return attempt

    def sign_all(self, intents: Sequence[Intent], fees: Fees) -> list[Attempt]:
        """Return a signed transaction for each, stored all at once before any of them leaves."""
        found = [self._attempt(intent, fees) for intent in intents]
        if not found:
            return []
        self.outbox.add_attempts(found)
        for _ in found:
            self.reach("signed")
        return found

    def _attempt(self, intent: Intent, fees: Fees) -> Attempt:
        gas = self.memory.gas.get(intent.id, intent.gas)
        fields = {"nonce": intent.nonce, "gas": gas, "to": intent.to, "data": intent.call}
        signed = self._signed(fields, fees)
        return Attempt(
            intent=intent.id,
            hash=signed.hash,
            raw=signed.raw,
            nonce=int(intent.nonce or 0),
            max_fee=fees.max_fee,
            priority_fee=fees.priority_fee,
            at=self.clock(),
        )

    def noop(self, nonce: int, fees: Fees) -> bytes:
        """Return a transaction that does nothing but use up a nonce.

        It is not stored: losing it, or sending it twice, changes nothing.
        """
        fields = {"nonce": nonce, "gas": _NOOP_GAS, "to": self.account.address, "data": b""}
        return self._signed(fields, fees).raw

    def estimates(self, intents: Sequence[Intent]) -> list[int | LedgerError]:
        """Return for each intent the gas it takes, or the contract's refusal."""
        return estimates(self.node, intents)

    def park(self, intent: Intent, error: str, words: str = "") -> None:
        """Give an intent up under an error's name and tell a person."""
        self.outbox.mark(intent.id, IntentState.FAILED, error=error)
        self.memory.doubts.pop(intent.id, None)
        self.alarm("parked", words or error, intent.id)
        self.reach("failed")

    def _signed(self, fields: dict[str, Any], fees: Fees) -> SignedTransaction:
        offered = fees.fields(legacy=self.fees.legacy)
        chain = {"chainId": self.deployment.chain_id, "value": 0}
        return self.account.sign_transaction({**fields, **chain, **offered})
