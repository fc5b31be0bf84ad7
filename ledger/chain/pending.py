"""What has left, or should have, and stands in no block: send it again, raise it, rebuild it."""

from collections.abc import Sequence
from typing import Final

from ledger.chain.blocks import Head
from ledger.chain.fees import BUMP_AFTER_BLOCKS, BUMP_AFTER_SECONDS, Fees, gas_limit
from ledger.chain.inclusion import find_known
from ledger.chain.lane import Lane, Reason
from ledger.chain.settlement import UnderWay
from ledger.chain.wire import spell
from ledger.errors import LedgerError
from ledger.outbox import Attempt, Intent, IntentState

REBUILD_AFTER: Final = 2
"""Times that a node loses or refuses the same bytes before their gas is estimated anew."""
FOREIGN_LIMIT: Final = 2
"""Nonces that somebody else may use before the account stands still."""

Leaving = tuple[Intent, Attempt]


class Pending:
    """Looks after what stands in no block."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def without_foreign(self, missing: Sequence[UnderWay], nonce: int) -> list[UnderWay]:
        """Return what still can be mined; release what lost its nonce, on second sight.

        `nonce` is the chain's, read before the receipts: below it something is mined, and where
        none of an intent's own hashes is, that something is not ours.
        """
        ours: list[UnderWay] = []
        suspects = set[bytes]()
        for each in missing:
            intent = each.intent
            if intent.nonce is None or intent.nonce >= nonce:
                ours.append(each)
            elif intent.id in self._lane.memory.suspects:
                self._lane.outbox.release(intent.id)
                self._lane.memory.forget(intent.id)
                self._lane.reach("released")
                self.foreign(f"nonce {intent.nonce} was used by somebody else", intent.id)
            else:
                suspects.add(intent.id)
        self._lane.memory.suspects = suspects
        return ours

    def foreign(self, words: str, intent: bytes | None = None) -> None:
        """Count a foreign use of the key; the second one stops the account."""
        memory = self._lane.memory
        if memory.foreign >= FOREIGN_LIMIT and not self._lane.halted():
            memory.foreign = 0  # a person looked and resumed the account
        memory.foreign += 1
        self._lane.alarm("foreign-nonce", words, intent)
        if memory.foreign >= FOREIGN_LIMIT:
            self._lane.halt(Reason.FOREIGN_NONCE)

    def again(self, missing: Sequence[UnderWay], head: Head) -> list[Leaving]:
        """Return what has to leave: never sent, lost by the nodes, or waiting too long."""
        sent = (each for each in missing if each.intent.state is IntentState.SENT)
        known = find_known(self._lane.node, [one.hash for each in sent for one in each.attempts])
        queue: list[Leaving] = []
        for each in missing:
            attempt = self._next_attempt(each, known, head)
            if attempt is not None:
                queue.append((each.intent, attempt))
        return queue

    def _next_attempt(self, each: UnderWay, known: set[bytes], head: Head) -> Attempt | None:
        intent = each.intent
        if not each.attempts:
            return self._lane.sign(intent, self._lane.fees.market(head.base_fee))
        last = each.attempts[-1]
        if intent.state is IntentState.SIGNED:
            return self._unsent(intent, last, head)
        if intent.id in self._lane.memory.underpriced or self._waits_too_long(last, head):
            raised = self._raised(intent, last, head)
            if raised is not None:
                return raised
        if any(attempt.hash in known for attempt in each.attempts):
            return None
        self._lane.alarm("vanished", spell(last.hash), intent.id)
        if self._lane.memory.trouble(intent.id) < REBUILD_AFTER:
            return last
        return self._rebuilt(intent, last, head)

    def _unsent(self, intent: Intent, last: Attempt, head: Head) -> Attempt:
        """Return the stored bytes as they are, unless nodes have refused them before."""
        if self._lane.memory.troubles.get(intent.id, 0) < REBUILD_AFTER:
            return last
        return self._rebuilt(intent, last, head)

    def _waits_too_long(self, last: Attempt, head: Head) -> bool:
        blocks = head.block - self._lane.memory.sent_in.get(last.hash, head.block)
        waited = self._lane.clock() - last.at
        return waited >= BUMP_AFTER_SECONDS or blocks >= BUMP_AFTER_BLOCKS

    def _raised(self, intent: Intent, last: Attempt, head: Head) -> Attempt | None:
        fees = self._lane.fees.bumped(Fees(last.max_fee, last.priority_fee), head.base_fee)
        if fees is None:
            self._lane.alarm("fee-ceiling", intent=intent.id)
            return None
        self._lane.memory.underpriced.discard(intent.id)
        return self._lane.sign(intent, fees)

    def _rebuilt(self, intent: Intent, last: Attempt, head: Head) -> Attempt:
        """Return new bytes where too little gas is the reason, else the same."""
        (estimate,) = self._lane.estimates([intent])
        given = self._lane.memory.gas.get(intent.id, intent.gas or 0)
        if isinstance(estimate, LedgerError) or estimate <= given:
            return last
        self._lane.memory.gas[intent.id] = gas_limit(estimate)
        return self._raised(intent, last, head) or last
