"""An outbox in memory that keeps its promises strictly, as the one on disk does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.outbox import Attempt, Intent, IntentState, Receipt, Standing
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

    def reserve(self, gas: Mapping[bytes, int], nonce: int) -> None:
        wanted = [self.intents[intent] for intent in gas]
        (lane,) = {(one.chain_id, one.account) for one in wanted}
        is_free = all(one.state is IntentState.WAITING for one in wanted)
        if not is_free or self.counters.get(lane) != nonce:
            raise NonceTaken
        self.counters[lane] = nonce + len(wanted)
        for taken, one in enumerate(wanted, nonce):
            state = IntentState.RESERVED
            self.intents[one.id] = replace(one, state=state, nonce=taken, gas=gas[one.id])

    def release(self, intent: bytes) -> None:
        one = self.intents[intent]
        self.kept.pop(intent, None)
        self.intents[intent] = Intent(one.id, one.chain_id, one.account, one.to, one.call)

    def add_attempts(self, signed: Sequence[Attempt]) -> None:
        for attempt in signed:
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
        self.intents[intent] = one

    def mark_sent(self, sent: Collection[bytes]) -> None:
        for intent in sent:
            one = replace(self.intents[intent], block=None, block_hash=None, transaction=None)
            self.intents[intent] = replace(one, state=IntentState.SENT, error=None)
            self.receipts.pop(intent, None)

    def settle(self, found: Mapping[bytes, Standing]) -> None:
        for intent, (state, receipt) in found.items():
            self.mark(intent, state, receipt=receipt)

    def halt(self, chain_id: int, account: Address, reason: str) -> None:
        self.reasons[chain_id, account] = reason

    def halted(self, chain_id: int, account: Address) -> str:
        return self.reasons.get((chain_id, account), "")

    def _of(self, chain_id: int, account: Address) -> list[Intent]:
        lane = (chain_id, account)
        return [one for one in self.intents.values() if (one.chain_id, one.account) == lane]
