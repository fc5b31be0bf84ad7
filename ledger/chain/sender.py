"""Sends what the outbox holds: once, in nonce order, through crashes, reorganisations and fees.

States and promises are those of `ledger.outbox`. `reach` is called at each persisted point, where
tests end a sender.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from ledger.chain.accounts import Account
from ledger.chain.blocks import BlockRef, Head, by_number, read_head
from ledger.chain.broadcast import Answer, broadcast
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment, check_deployment
from ledger.chain.direct import send_and_wait
from ledger.chain.fees import FeePolicy
from ledger.chain.inclusion import ask, finalized_block
from ledger.chain.intake import ON_THE_WAY, Intake
from ledger.chain.lane import Alarm, Lane, Limits, Progress, Reason
from ledger.chain.pending import Leaving, Pending
from ledger.chain.rpc import Known, Node
from ledger.chain.settlement import Depth, Settlement, UnderWay
from ledger.chain.wire import quantity
from ledger.errors import (
    ChainUnavailable,
    FinalityUnknown,
    NodeStale,
    WrongCode,
    WrongHistory,
    WrongNetwork,
)
from ledger.finality import FINALIZED, final_block
from ledger.outbox import Intent, Outbox

__all__ = ["Alarm", "Limits", "Progress", "Reason", "Sender", "intent_id", "send_and_wait"]

PARK_AFTER: Final = 4
"""Times that every node refuses an intent's bytes before it is parked."""
_IDENTITY: Final = {
    WrongNetwork: Reason.WRONG_NETWORK,
    WrongHistory: Reason.WRONG_HISTORY,
    WrongCode: Reason.WRONG_CODE,
}


def intent_id(chain_id: int, call: Call) -> bytes:
    """Return sha256(chain ‖ contract ‖ content): the same effect on one chain has one id."""
    content = chain_id.to_bytes(32) + bytes.fromhex(call.to.removeprefix("0x")) + call.data
    return hashlib.sha256(content).digest()


def _go_on(_point: str) -> None:
    """Do nothing at a persisted point."""


def _nothing() -> None:
    """Know of no block."""


class Sender:
    """Sends one account's intents on one chain; whoever runs it holds the account's lock.

    `known` tells the projection's newest block: only a node that has it is asked, and what is mined
    above it does not count yet. Where it tells none, any node of the deployment's chain is asked.
    """

    def __init__(  # noqa: PLR0913  # each is another's to build
        self,
        node: Node,
        deployment: Deployment,
        account: Account,
        outbox: Outbox,
        fees: FeePolicy,
        clock: Callable[[], int],
        *,
        limits: Limits | None = None,
        reach: Callable[[str], None] = _go_on,
        known: Known = _nothing,
    ) -> None:
        bounds = limits or Limits()
        start = BlockRef(deployment.block, deployment.block_hash)
        sure = node.having(lambda: known() or start)
        self._any, self._known = node, known
        self._lane = Lane(sure, deployment, account, outbox, fees, clock, bounds, reach)
        self._settlement = Settlement(sure, deployment, outbox)
        self._pending = Pending(self._lane)
        self._intake = Intake(self._lane, self._settlement)

    def step(self, *, takes_in: bool = True) -> Progress:
        """Make one pass: settle what is mined, resend what is lost, raise fees, send what waits.

        Without `takes_in` it only looks: what is mined is settled, and nothing leaves.
        Raises `ChainUnavailable` when no node answers, `NodeStale` when none that does has the
        known block; nothing is lost and the next step goes on.
        """
        lane = self._lane
        lane.progress = Progress()
        try:
            self._pass(takes_in=takes_in)
        except (WrongNetwork, WrongHistory, WrongCode) as exc:
            lane.memory.checked = False
            lane.halt(_IDENTITY[type(exc)])
        except ChainUnavailable:
            lane.memory.checked = False
            raise
        return self._told()

    def _pass(self, *, takes_in: bool) -> None:
        lane = self._lane
        head, nonce = self._look()
        lane.resume(*_IDENTITY.values())
        depth = self._depth(head)
        missing = self._settlement.settle(self._under_way(), depth)
        lane.memory.keep({each.intent.id for each in missing})
        lane.reach("settled")
        if not takes_in:
            return
        missing = self._pending.without_foreign(missing, nonce)
        if lane.halted() == Reason.FOREIGN_NONCE:
            return
        queue = self._pending.again(missing, head, nonce)
        if not lane.halted():
            queue += self._intake.take(head, nonce, depth)
        self._send(queue)

    def _look(self) -> tuple[Head, int]:
        """Return head and account nonce, sure that it is the deployment's chain."""
        lane = self._lane
        count = ("eth_getTransactionCount", (lane.account.address, "latest"))
        try:
            if not lane.memory.checked:
                check_deployment(lane.node, lane.deployment)
                lane.memory.checked = True
            latest, counted = ask(lane.node, [by_number("latest"), count])
        except NodeStale:
            check_deployment(self._any, lane.deployment)  # another chain has not our block, either
            raise
        nonce = quantity(counted)
        self._count_from(nonce)
        return read_head(latest), nonce

    def _depth(self, head: Head) -> Depth:
        """Return how far the chain is known and final; tell a person once where it does not say."""
        lane, finalized = self._lane, None
        if lane.limits.confirmations == FINALIZED:
            finalized = finalized_block(lane.node)
            if finalized is None and not lane.memory.finality_unknown:
                lane.alarm("finality-unknown", FinalityUnknown.title())
            lane.memory.finality_unknown = finalized is None
        known = self._known()
        return Depth(
            None if known is None else known.block,
            final_block(lane.limits.confirmations, head.block, finalized),
        )

    def _count_from(self, nonce: int) -> None:
        """Keep our counter at or above the chain's."""
        counter = self._lane.outbox.next_nonce(*self._lane.name)
        if counter is None or counter < nonce:
            self._lane.outbox.set_nonce(*self._lane.name, nonce)
            if counter is not None:
                self._pending.foreign(f"nonce {counter} was used by somebody else")

    def _under_way(self) -> list[UnderWay]:
        outbox = self._lane.outbox
        intents = outbox.unfinished(*self._lane.name)
        attempts = outbox.attempts_of([one.id for one in intents])
        return [UnderWay(one, tuple(attempts.get(one.id, ()))) for one in intents]

    def _send(self, queue: Sequence[Leaving]) -> None:
        """Broadcast in strict nonce order; an account without funds tries its first one only."""
        lane = self._lane
        ordered = sorted(queue, key=lambda leaving: leaving[1].nonce)
        if is_trial := bool(lane.halted()):
            ordered = ordered[:1]
        if not ordered:
            return
        answers = broadcast(lane.node, [attempt.raw for _, attempt in ordered])
        lane.reach("broadcast")
        left: list[Intent] = []
        for (intent, _), (answer, words) in zip(ordered, answers, strict=True):
            if answer is Answer.NO_FUNDS:
                lane.halt(Reason.NO_FUNDS)
            elif answer is Answer.REFUSED:
                self._refused(intent, words)
            else:
                self._noticed(intent, answer)
                left.append(intent)
        if is_trial and answers[0][0] is Answer.TAKEN:
            lane.resume(Reason.NO_FUNDS)
        if left:
            self._sent(left)

    def _sent(self, left: Sequence[Intent]) -> None:
        self._lane.outbox.mark_sent([intent.id for intent in left])
        for _ in left:
            self._lane.progress.sent += 1
            self._lane.reach("sent")

    def _noticed(self, intent: Intent, answer: Answer) -> None:
        lane = self._lane
        is_told = intent.id in lane.memory.underpriced  # once until it is raised
        if answer is Answer.UNDERPRICED and not is_told:
            lane.memory.underpriced.add(intent.id)
            lane.alarm("underpriced", intent=intent.id)

    def _refused(self, intent: Intent, words: str) -> None:
        self._lane.alarm("refused", words, intent.id)
        if self._lane.memory.trouble(intent.id) >= PARK_AFTER:
            self._lane.park(intent, "NodeRefused", words)

    def _told(self) -> Progress:
        lane = self._lane
        unfinished = lane.outbox.unfinished(*lane.name)
        lane.progress.under_way = sum(one.state in ON_THE_WAY for one in unfinished)
        lane.progress.halted = lane.halted()
        return lane.progress
