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
VERDICT_SECONDS: Final = 3
"""How long a nonce must look used or unheld before that is believed."""
FOREIGN_LIMIT: Final = 2
"""Nonces that somebody else may use before the account stands still."""

Leaving = tuple[Intent, Attempt]


class Pending:
    """Looks after what stands in no block."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def without_foreign(self, missing: Sequence[UnderWay], nonce: int) -> list[UnderWay]:
        """Return what still can be mined; release what lost its nonce.

        `nonce` is the chain's, read before the receipts: below it something is mined, and where
        none of an intent's own hashes is, that something is not ours. A node may show an account's
        new nonce some time before the receipt, so a verdict takes three seconds.
        """
        ours: list[UnderWay] = []
        suspects: dict[bytes, int] = {}
        now = self._lane.clock()
        for each in missing:
            intent = each.intent
            if intent.nonce is None or intent.nonce >= nonce:
                ours.append(each)
            elif now - self._lane.memory.suspects.get(intent.id, now) >= VERDICT_SECONDS:
                self._lane.outbox.release(intent.id)
                self._lane.reach("released")
                self.foreign(f"nonce {intent.nonce} was used by somebody else", intent.id)
            else:
                suspects[intent.id] = self._lane.memory.suspects.get(intent.id, now)
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

    def again(self, missing: Sequence[UnderWay], head: Head, nonce: int) -> list[Leaving]:
        """Return what has to leave: never sent, lost by the nodes, or waiting too long.

        `nonce` is the chain's: blocks count against the transaction whose turn it is, since those
        behind it wait for it and not for better fees.
        """
        memory = self._lane.memory
        late = None
        if memory.waits_for_turn(nonce, head.block) >= BUMP_AFTER_BLOCKS:
            late, memory.turn = nonce, (nonce, head.block)
        sent = (each for each in missing if each.intent.state is IntentState.SENT)
        known = find_known(self._lane.node, [one.hash for each in sent for one in each.attempts])
        queue: list[Leaving] = []
        for each in missing:
            attempt = self._next_attempt(each, known, head, is_late=each.intent.nonce == late)
            if attempt is not None:
                queue.append((each.intent, attempt))
        return queue

    def _next_attempt(
        self, each: UnderWay, known: set[bytes], head: Head, *, is_late: bool
    ) -> Attempt | None:
        intent = each.intent
        if not each.attempts:
            return self._lane.sign(intent, self._lane.fees.market(head.base_fee))
        last = each.attempts[-1]
        if intent.state is IntentState.SIGNED:
            return self._unsent(intent, last, head)
        waited = self._lane.clock() - last.at
        if is_late or waited >= BUMP_AFTER_SECONDS or intent.id in self._lane.memory.underpriced:
            raised = self._raised(intent, last, head)
            if raised is not None:
                return raised
        if any(attempt.hash in known for attempt in each.attempts):
            self._lane.memory.vanished.discard(intent.id)
            return None
        if self._lane.memory.trouble(intent.id) < REBUILD_AFTER:
            return last
        if intent.id not in self._lane.memory.vanished:  # told once, and again after it came back
            self._lane.memory.vanished.add(intent.id)
            self._lane.alarm("vanished", spell(last.hash), intent.id)
        return self._rebuilt(intent, last, head)

    def _unsent(self, intent: Intent, last: Attempt, head: Head) -> Attempt:
        """Return the stored bytes as they are, unless nodes have refused them before."""
        if self._lane.memory.troubles.get(intent.id, 0) < REBUILD_AFTER:
            return last
        return self._rebuilt(intent, last, head)

    def _raised(self, intent: Intent, last: Attempt, head: Head) -> Attempt | None:
        fees = self._lane.fees.bumped(Fees(last.max_fee, last.priority_fee), head.base_fee)
        memory = self._lane.memory
        if fees is None:
            if intent.id not in memory.at_ceiling:  # told once: what was offered never falls
                memory.at_ceiling.add(intent.id)
                self._lane.alarm("fee-ceiling", intent=intent.id)
            return None
        memory.underpriced.discard(intent.id)
        return self._lane.sign(intent, fees)

    def _rebuilt(self, intent: Intent, last: Attempt, head: Head) -> Attempt:
        """Return new bytes where too little gas is the reason, else the same."""
        (estimate,) = self._lane.estimates([intent])
        given = self._lane.memory.gas.get(intent.id, intent.gas or 0)
        if isinstance(estimate, LedgerError) or estimate <= given:
            return last
        self._lane.memory.gas[intent.id] = gas_limit(estimate)
        return self._raised(intent, last, head) or last
