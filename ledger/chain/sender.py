"""Sends what the outbox holds: once, in nonce order, through crashes, reorganisations and fees.

States and promises are those of `ledger.outbox`. `reach` is called at each persisted point, where
tests end a sender.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from ledger.chain.accounts import Account
from ledger.chain.blocks import Head, by_number, read_head
from ledger.chain.broadcast import Answer, broadcast
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment, check_deployment
from ledger.chain.direct import send_and_wait
from ledger.chain.fees import FeePolicy
from ledger.chain.inclusion import ask
from ledger.chain.intake import ON_THE_WAY, Intake
from ledger.chain.lane import Alarm, Lane, Limits, Progress, Reason
from ledger.chain.pending import Leaving, Pending
from ledger.chain.rpc import Node
from ledger.chain.settlement import Settlement, UnderWay
from ledger.chain.wire import quantity
from ledger.errors import ChainUnavailable, WrongCode, WrongHistory, WrongNetwork
from ledger.outbox import Intent, IntentState, Outbox

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


class Sender:
    """Sends one account's intents on one chain; whoever runs it holds the account's lock."""

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
    ) -> None:
        bounds = limits or Limits()
        self._lane = Lane(node, deployment, account, outbox, fees, clock, bounds, reach)
        self._settlement = Settlement(node, deployment, outbox, bounds.confirmations)
        self._pending = Pending(self._lane)
        self._intake = Intake(self._lane, self._settlement)

    def step(self) -> Progress:
        """Make one pass: settle what is mined, resend what is lost, raise fees, send what waits.

        Raises `ChainUnavailable` when no node answers; nothing is lost and the next step goes on.
        """
        lane = self._lane
        lane.progress = Progress()
        try:
            self._pass()
        except (WrongNetwork, WrongHistory, WrongCode) as exc:
            lane.memory.checked = False
            lane.halt(_IDENTITY[type(exc)])
        except ChainUnavailable:
            lane.memory.checked = False
            raise
        return self._told()

    def _pass(self) -> None:
        lane = self._lane
        head, nonce = self._look()
        lane.resume(*_IDENTITY.values())
        missing = self._settlement.settle(self._under_way(), head)
        lane.memory.keep({each.intent.id for each in missing})
        lane.reach("settled")
        missing = self._pending.without_foreign(missing, nonce)
        if lane.halted() == Reason.FOREIGN_NONCE:
            return
        queue = self._pending.again(missing, head, nonce)
        if not lane.halted():
            queue += self._intake.take(head, nonce)
        self._send(queue)

    def _look(self) -> tuple[Head, int]:
        """Return head and account nonce, sure that it is the deployment's chain."""
        lane = self._lane
        if not lane.memory.checked:
            check_deployment(lane.node, lane.deployment)
            lane.memory.checked = True
        latest, count, first = ask(
            lane.node,
            [
                by_number("latest"),
                ("eth_getTransactionCount", (lane.account.address, "latest")),
                by_number(lane.deployment.block),
            ],
        )
        expected = lane.deployment.block_hash
        found = bytes(len(expected)) if first is None else read_head(first).hash
        if found != expected:
            raise WrongHistory(lane.deployment.block, expected, found)
        nonce = quantity(count)
        self._count_from(nonce)
        return read_head(latest), nonce

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
        return [UnderWay(one, tuple(outbox.attempts(one.id))) for one in intents]

    def _send(self, queue: Sequence[Leaving]) -> None:
        """Broadcast in strict nonce order; an account without funds tries its first one only."""
        lane = self._lane
        ordered = sorted(queue, key=lambda leaving: leaving[1].nonce)
        if lane.halted():
            ordered = ordered[:1]
        if not ordered:
            return
        answers = broadcast(lane.node, [attempt.raw for _, attempt in ordered])
        lane.reach("broadcast")
        for (intent, _), (answer, words) in zip(ordered, answers, strict=True):
            if answer is Answer.NO_FUNDS:
                lane.halt(Reason.NO_FUNDS)
            elif answer is Answer.REFUSED:
                self._refused(intent, words)
            else:
                self._left(intent, answer)

    def _left(self, intent: Intent, answer: Answer) -> None:
        lane = self._lane
        if answer is Answer.UNDERPRICED:
            lane.memory.underpriced.add(intent.id)
            lane.alarm("underpriced", intent=intent.id)
        elif answer is Answer.TAKEN:
            lane.resume(Reason.NO_FUNDS)
        lane.outbox.mark(intent.id, IntentState.SENT)
        lane.progress.sent += 1
        lane.reach("sent")

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
