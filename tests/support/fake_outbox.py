"""An outbox in memory that keeps its promises strictly, as the one on disk does."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ledger.outbox import Attempt, Intent, IntentState, Receipt
from ledger.values import Address

UNFINISHED = (IntentState.RESERVED, IntentState.SIGNED, IntentState.SENT, IntentState.MINED)


class NonceTaken(Exception):
    """The intent or the nonce is not free."""


@dataclass
class FakeOutbox:
    """Implements `ledger.outbox.Outbox`; survives the sender that used it."""

    intents: dict[bytes, Intent] = field(default_factory=dict)
    kept: dict[bytes, list[Attempt]] = field(default_factory=dict)
    counters: dict[tuple[int, Address], int] = field(default_factory=dict)
    reasons: dict[tuple[int, Address], str] = field(default_factory=dict)
    receipts: dict[bytes, Receipt] = field(default_factory=dict)

    @contextmanager
    def together(self) -> Iterator[None]:
        intents, counters = dict(self.intents), dict(self.counters)
        reasons = dict(self.reasons)
        kept = {intent: list(held) for intent, held in self.kept.items()}
        try:
            yield
        except BaseException:
            self.intents, self.counters = intents, counters
            self.reasons, self.kept = reasons, kept
            raise

    def add(self, *wanted: Intent) -> None:
        for intent in wanted:
            self.intents.setdefault(intent.id, intent)

    def state(self, intent: Intent) -> IntentState:
        return self.intents[intent.id].state

    def waiting(self, chain_id: int, account: Address, limit: int) -> Sequence[Intent]:
        mine = self._of(chain_id, account)
        return [one for one in mine if one.state is IntentState.WAITING][:limit]

    def unfinished(self, chain_id: int, account: Address) -> Sequence[Intent]:
        mine = [one for one in self._of(chain_id, account) if one.state in UNFINISHED]
        return sorted(mine, key=lambda one: -1 if one.nonce is None else one.nonce)

    def next_nonce(self, chain_id: int, account: Address) -> int | None:
        return self.counters.get((chain_id, account))

    def set_nonce(self, chain_id: int, account: Address, nonce: int) -> None:
        self.counters[chain_id, account] = nonce

    def reserve(self, intent: bytes, nonce: int, gas: int) -> None:
        one = self.intents[intent]
        lane = (one.chain_id, one.account)
        if one.state is not IntentState.WAITING or self.counters.get(lane) != nonce:
            raise NonceTaken
        self.counters[lane] = nonce + 1
        self.intents[intent] = replace(one, state=IntentState.RESERVED, nonce=nonce, gas=gas)

    def release(self, intent: bytes) -> None:
        one = self.intents[intent]
        self.kept.pop(intent, None)
        self.intents[intent] = Intent(one.id, one.chain_id, one.account, one.to, one.call)

    def add_attempt(self, attempt: Attempt) -> None:
        others = [one for kept in self.kept.values() for one in kept]
        fees = (attempt.nonce, attempt.max_fee, attempt.priority_fee)
        assert fees not in [(one.nonce, one.max_fee, one.priority_fee) for one in others]
        self.kept.setdefault(attempt.intent, []).append(attempt)
        one = self.intents[attempt.intent]
        assert one.nonce == attempt.nonce
        self.intents[attempt.intent] = replace(one, state=IntentState.SIGNED)

    def attempts(self, intent: bytes) -> Sequence[Attempt]:
        return tuple(self.kept.get(intent, ()))

    def attempts_of(self, intents: Collection[bytes]) -> Mapping[bytes, Sequence[Attempt]]:
        return {intent: self.attempts(intent) for intent in intents if intent in self.kept}

    def mark(
        self,
        intent: bytes,
        state: IntentState,
        *,
        error: str | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        one = replace(self.intents[intent], state=state, error=error)
        if receipt is not None:
            one = replace(
                one,
                block=receipt.block,
                block_hash=receipt.block_hash,
                transaction=receipt.transaction,
            )
            self.receipts[intent] = receipt
        elif state is IntentState.SENT:
            one = replace(one, block=None, block_hash=None, transaction=None)
            self.receipts.pop(intent, None)
        self.intents[intent] = one

    def halt(self, chain_id: int, account: Address, reason: str) -> None:
        self.reasons[chain_id, account] = reason

    def halted(self, chain_id: int, account: Address) -> str:
        return self.reasons.get((chain_id, account), "")

    def _of(self, chain_id: int, account: Address) -> list[Intent]:
        lane = (chain_id, account)
        return [one for one in self.intents.values() if (one.chain_id, one.account) == lane]
