"""What became of the transactions under way: mined, final, reverted, fallen out, or not ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.abi import SELECTOR_BYTES, load_abi
from ledger.chain.blocks import Head
from ledger.chain.deployments import Deployment
from ledger.chain.direct import why_reverted
from ledger.chain.inclusion import Inclusion, ask, find_included, find_log
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, spell
from ledger.errors import (
    ChainUnavailable,
    EffectiveInFuture,
    LedgerError,
    RevertUnexplained,
    RootAlreadyAnchored,
)
from ledger.outbox import Attempt, Intent, IntentState, Outbox

_ANCHOR: Final = "anchor"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An unfinished intent with its attempts, oldest first."""

    intent: Intent
    attempts: tuple[Attempt, ...]

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Every transaction that may have carried the intent out, an adopted one among them."""
        adopted = () if self.intent.transaction is None else (self.intent.transaction,)
        return tuple(dict.fromkeys((*(one.hash for one in self.attempts), *adopted)))


class Settlement:
    """Moves intents by what the chain shows; `confirmations` make an intent final."""

    def __init__(
        self, node: Node, deployment: Deployment, outbox: Outbox, confirmations: int
    ) -> None:
        self._node = node
        self._deployment = deployment
        self._outbox = outbox
        self._confirmations = confirmations

    def settle(self, under_way: Sequence[UnderWay], head: Head) -> list[UnderWay]:
        """Mark what is mined, final or failed; return what stands in no block, as it now is.

        An intent whose block is gone falls back to SENT, an adopted one to WAITING.
        """
        hashes = [one for each in under_way for one in each.hashes]
        included = find_included(self._node, hashes) if hashes else {}
        missing: list[UnderWay] = []
        for each in under_way:
            found = _best(each, included)
            if found is None:
                missing += self._fallen(each)
            elif found.succeeded:
                self._succeeded(each.intent, found, head)
            elif self._is_deep(found, head):
                self._failed(each, found)
        return missing

    def adopt(self, intent: Intent) -> bool:
        """Take an anchor that stands already for our own: MINED with its transaction.

        False when it cannot be found, which another block may mend.
        """
        anchor = load_abi("RecordLedger").functions[_ANCHOR]
        if intent.call[:SELECTOR_BYTES] != anchor.selector:
            return False
        agency, _, root, _ = anchor.inputs.decode(intent.call[SELECTOR_BYTES:])
        view = load_abi("RecordLedger").functions["batchOf"]
        call = {"to": intent.to, "data": spell(view.encode(agency, root))}
        (answer,) = ask(self._node, [("eth_call", (call, "latest"))])
        ((anchored_at, block, _, _),) = view.outputs.decode(octets(answer))
        if not anchored_at:
            return False  # it waits in somebody's transaction for the next block
        topic = load_abi("RecordLedger").events["BatchAnchored"].topic
        found = find_log(self._node, intent.to, (topic, agency, root), block)
        if found is None:
            return False
        self._mark_mined(intent, found)
        return True

    def _fallen(self, each: UnderWay) -> list[UnderWay]:
        intent = each.intent
        if intent.state is not IntentState.MINED:
            return [each]
        if not each.attempts or intent.nonce is None:
            self._outbox.release(intent.id)
            return []
        self._outbox.mark(intent.id, IntentState.SENT)
        (fresh,) = (
            one
            for one in self._outbox.unfinished(intent.chain_id, intent.account)
            if one.id == intent.id
        )
        return [UnderWay(fresh, each.attempts)]

    def _succeeded(self, intent: Intent, found: Inclusion, head: Head) -> None:
        known = (intent.state, intent.block_hash, intent.transaction)
        if known != (IntentState.MINED, found.block_hash, found.transaction):
            self._mark_mined(intent, found)
        if self._is_deep(found, head):
            receipt = (found.block, found.block_hash, found.transaction)
            self._outbox.mark(intent.id, IntentState.FINAL, receipt=receipt)

    def _failed(self, each: UnderWay, found: Inclusion) -> None:
        """Park a reverted intent under the error's name; a root that stands is as good as ours.

        A reorganisation may put the same bytes into an earlier block, before an order's time: the
        order then waits anew for the chain's clock.
        """
        error = self._why(each.intent, found)
        if isinstance(error, EffectiveInFuture):
            self._outbox.release(each.intent.id)
            return
        if isinstance(error, RootAlreadyAnchored):
            self.adopt(each.intent)  # or at a later step
            return
        self._outbox.mark(
            each.intent.id,
            IntentState.FAILED,
            error=type(error).__name__,
            receipt=(found.block, found.block_hash, found.transaction),
        )

    def _why(self, intent: Intent, found: Inclusion) -> LedgerError:
        call = {"from": intent.account, "to": intent.to, "data": spell(intent.call)}
        error = why_reverted(self._node, call, found.block)
        return RevertUnexplained() if isinstance(error, ChainUnavailable) else error

    def _mark_mined(self, intent: Intent, found: Inclusion) -> None:
        receipt = (found.block, found.block_hash, found.transaction)
        self._outbox.mark(intent.id, IntentState.MINED, receipt=receipt)

    def _is_deep(self, found: Inclusion, head: Head) -> bool:
        return head.block - found.block + 1 >= self._confirmations


def _best(each: UnderWay, included: Mapping[bytes, Inclusion]) -> Inclusion | None:
    """Return the transaction that took effect, or else one that failed."""
    found = [included[one] for one in each.hashes if one in included]
    return max(found, key=lambda one: one.succeeded, default=None)
