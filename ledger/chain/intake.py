"""What waits in the outbox: estimate, refuse or adopt, give a nonce, sign."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ledger.chain.blocks import Head
from ledger.chain.broadcast import broadcast
from ledger.chain.fees import gas_limit
from ledger.chain.lane import Lane
from ledger.chain.pending import VERDICT_SECONDS, Leaving
from ledger.chain.settlement import Depth, Settlement
from ledger.errors import EffectiveInFuture, LedgerError, RootAlreadyAnchored
from ledger.outbox import Intent, IntentState

ON_THE_WAY = (IntentState.RESERVED, IntentState.SIGNED, IntentState.SENT)


class Intake:
    """Takes in what waits, as far as the window has room."""

    def __init__(self, lane: Lane, settlement: Settlement) -> None:
        self._lane = lane
        self._settlement = settlement

    def take(self, head: Head, nonce: int, depth: Depth) -> list[Leaving]:
        """Return what was reserved and signed; `nonce` is the chain's."""
        unfinished = self._lane.outbox.unfinished(*self._lane.name)
        on_the_way = {one.id for one in unfinished if one.state in ON_THE_WAY}
        self._close_gaps(nonce, {one.nonce for one in unfinished}, head)
        room = self._lane.limits.window - len(on_the_way)
        waiting = self._lane.outbox.waiting(*self._lane.name, room) if room > 0 else ()
        accepted: list[tuple[Intent, int]] = []
        for intent, estimate in zip(waiting, self._lane.estimates(waiting), strict=True):
            if isinstance(estimate, LedgerError):
                self._doubt(intent, estimate, frozenset(on_the_way), depth)
            else:
                on_the_way.add(intent.id)
                accepted.append((intent, gas_limit(estimate)))
        reserved = self._reserved(accepted, nonce)
        attempts = self._lane.sign_all(reserved, self._lane.fees.market(head.base_fee))
        return list(zip(reserved, attempts, strict=True))

    def _reserved(self, accepted: Sequence[tuple[Intent, int]], nonce: int) -> list[Intent]:
        """Give each its gas limit and the next nonce, all in one transaction."""
        if not accepted:
            return []
        first = self._counter(nonce)
        self._lane.outbox.reserve({intent.id: gas for intent, gas in accepted}, first)
        reserved = [
            replace(intent, state=IntentState.RESERVED, nonce=taken, gas=gas)
            for taken, (intent, gas) in enumerate(accepted, first)
        ]
        for intent in reserved:
            self._lane.memory.doubts.pop(intent.id, None)
            self._lane.reach("reserved")
        return reserved

    def _doubt(
        self, intent: Intent, error: LedgerError, on_the_way: frozenset[bytes], depth: Depth
    ) -> None:
        """Park a refused intent, once nothing that was under way can change the refusal."""
        if isinstance(error, RootAlreadyAnchored):
            if self._settlement.adopt(intent, depth):
                self._lane.reach("adopted")
            return  # or at a later step, when its block is there
        if isinstance(error, EffectiveInFuture):
            return  # the chain's clock lags behind the one that gave the order; it catches up
        doubts = self._lane.memory.doubts
        blockers = doubts.get(intent.id, on_the_way) & on_the_way
        if blockers:
            doubts[intent.id] = blockers
        else:
            self._lane.park(intent, type(error).__name__)

    def _counter(self, nonce: int) -> int:
        counter = self._lane.outbox.next_nonce(*self._lane.name)
        return nonce if counter is None else counter

    def _close_gaps(self, nonce: int, held: Collection[int | None], head: Head) -> None:
        """Free what would wait behind a gap for ever; where nothing does, count from the gap.

        A gap is a nonce that nothing holds for some seconds: a node that lags shows an old nonce
        for a moment.
        """
        now, seen = self._lane.clock(), self._lane.memory.gaps
        missing = set(range(nonce, self._counter(nonce))) - set(held)
        self._lane.memory.gaps = {gap: seen.get(gap, now) for gap in missing}
        gaps = sorted(gap for gap in missing if now - seen.get(gap, now) >= VERDICT_SECONDS)
        if not gaps:
            return
        highest = max((one for one in held if one is not None), default=-1)
        if highest < gaps[0]:
            self._lane.outbox.set_nonce(*self._lane.name, gaps[0])
            return
        self._lane.alarm("nonce-gap", ", ".join(map(str, gaps)))
        fees = self._lane.fees.market(head.base_fee)
        broadcast(self._lane.node, [self._lane.noop(gap, fees) for gap in gaps if gap < highest])
