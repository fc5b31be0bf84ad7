"""What became of the transactions under way: mined, final, reverted, fallen out, or not ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.chain.abi import SELECTOR_BYTES, load_abi
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


@dataclass(frozen=True, slots=True)
class Depth:
    """Up to which block what is mined counts at all, and up to which it counts as final.

    `known` is the newest block that the projection has, None where there is none to go by.
    """

    known: int | None
    final: int

    def is_known(self, found: Inclusion) -> bool:
        """Whether a node that is believed cannot lack the block."""
        return self.known is None or found.block <= self.known

    def is_final(self, found: Inclusion) -> bool:
        """Whether the block is deep enough."""
        return found.block <= self.final


class Settlement:
    """Moves intents by what the chain shows."""

    def __init__(self, node: Node, deployment: Deployment, outbox: Outbox) -> None:
        self._node = node
        self._deployment = deployment
        self._outbox = outbox

    def settle(self, under_way: Sequence[UnderWay], depth: Depth) -> list[UnderWay]:
        """Mark what is mined, final or failed; return what stands in no block, as it now is.

        An intent whose block is gone falls back to SENT, an adopted one to WAITING. What is mined
        above the known block waits as it is: the next node may lack that block and be no liar.
        """
        hashes = [one for each in under_way for one in each.hashes]
        included = find_included(self._node, hashes) if hashes else {}
        found = [(each, _best(each, included)) for each in under_way]
        found = [(each, one) for each, one in found if one is None or depth.is_known(one)]
        self._settle_succeeded(
            [(each.intent, one) for each, one in found if one is not None and one.succeeded], depth
        )
        missing: list[UnderWay] = []
        for each, one in found:
            if one is None:
                missing += self._fallen(each)
            elif not one.succeeded and depth.is_final(one):
                self._failed(each, one, depth)
        return missing

    def adopt(self, intent: Intent, depth: Depth) -> bool:
        """Take an anchor that stands already for our own: MINED with its transaction.

        False when it cannot be found in a known block, which another block may mend.
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
        if found is None or not depth.is_known(found):
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
        self._outbox.mark_sent([intent.id])
        (fresh,) = (
            one
            for one in self._outbox.unfinished(intent.chain_id, intent.account)
            if one.id == intent.id
        )
        return [UnderWay(fresh, each.attempts)]

    def _settle_succeeded(self, found: Sequence[tuple[Intent, Inclusion]], depth: Depth) -> None:
        """Mark all that is mined or final by now, in one transaction."""
        news = {
            intent.id: (
                IntentState.FINAL if depth.is_final(one) else IntentState.MINED,
                one.receipt,
            )
            for intent, one in found
            if _is_news(intent, one, depth)
        }
        if news:
            self._outbox.settle(news)

    def _failed(self, each: UnderWay, found: Inclusion, depth: Depth) -> None:
        """Park a reverted intent under the error's name; a root that stands is as good as ours.

        A reorganisation may put the same bytes into an earlier block, before an order's time: the
        order then waits anew for the chain's clock.
        """
        error = self._why(each.intent, found)
        if isinstance(error, EffectiveInFuture):
            self._outbox.release(each.intent.id)
            return
        if isinstance(error, RootAlreadyAnchored):
            self.adopt(each.intent, depth)  # or at a later step
            return
        self._outbox.mark(
            each.intent.id,
            IntentState.FAILED,
            error=type(error).__name__,
            receipt=found.receipt,
        )

    def _why(self, intent: Intent, found: Inclusion) -> LedgerError:
        call = {"from": intent.account, "to": intent.to, "data": spell(intent.call)}
        error = why_reverted(self._node, call, found.block)
        return RevertUnexplained() if isinstance(error, ChainUnavailable) else error

    def _mark_mined(self, intent: Intent, found: Inclusion) -> None:
        self._outbox.mark(intent.id, IntentState.MINED, receipt=found.receipt)


def _is_news(intent: Intent, found: Inclusion, depth: Depth) -> bool:
    known = (intent.state, intent.block_hash, intent.transaction)
    mined = (IntentState.MINED, found.block_hash, found.transaction)
    return known != mined or depth.is_final(found)


def _best(each: UnderWay, included: Mapping[bytes, Inclusion]) -> Inclusion | None:
    """Return the transaction that took effect, or else one that failed."""
    found = [included[one] for one in each.hashes if one in included]
    return max(found, key=lambda one: one.succeeded, default=None)
