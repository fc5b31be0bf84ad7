"""A draw's folder held against the ledger: which step stands there for good, and whether it agrees.

No drawer goes on before the step before is final: what may still fall out of the chain can come
back in another order.
"""

from dataclasses import dataclass
from hashlib import sha256

from ledger.chain import award_calls
from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import Deployment
from ledger.chain.inclusion import finalized_block
from ledger.chain.tender_history import tender_history
from ledger.errors import Refused
from ledger.finality import FINALIZED, Confirmations, final_block
from ledger.tenders.draw_course import Round, rounds_of
from ledger.tenders.errors import AlreadyDone
from ledger.tenders.events import DrawState, TenderEvent
from ledger.tenders.ids import TenderId
from ledger.values import Address
from wallet.tenders.draws import DrawFolder, DrawIncomplete


@dataclass(eq=False)
class DrawNotFinal(Refused):
    """The chain has not fixed this step of the draw for good. Wait, and then repeat this."""

    wanted: str


@dataclass(eq=False)
class DrawNotAsAnchored(Refused):
    """The folder says otherwise than the chain. Do nothing with it, and ask who changed what."""

    member: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a draw that is due: what it brings the chain to, and the calls that take it."""

    state: DrawState
    calls: tuple[Call, ...]


class DrawLedger:
    """The last round of a folder's lot, as of the newest block and as of the newest final one."""

    def __init__(
        self, client: LedgerClient, folder: DrawFolder, confirmations: Confirmations
    ) -> None:
        self._at = client.deployment
        self._folder = folder
        self._setting = folder.drawing.setting
        finalized = finalized_block(client.node) if confirmations == FINALIZED else None
        happened = [
            each
            for each in tender_history(client.node, client.deployment, self._tender)
            if isinstance(each, TenderEvent)
        ]
        until = final_block(confirmations, client.head().block, finalized)
        self._now = self._last(happened)
        self._final = self._last([each for each in happened if each.place.block <= until])

    def require(self, state: DrawState) -> None:
        """Raise unless the folder's draw came as far as `state` for good, as the folder has it.

        Raises:
            DrawNotFinal: while it has not.
            DrawNotAsAnchored: where round, setting, keys, deals or secrets are others there.
            DrawIncomplete, DrawPaperMalformed: for the folder.
        """
        found = self._now
        if found is not None and found.number > self._setting.round:
            raise DrawNotAsAnchored("round")
        if found is not None and found.number == self._setting.round:
            self._require_same(found, state)
        final = self._final
        is_there = final is not None and final.number == self._setting.round
        if final is None or not is_there or final.state < state:
            raise DrawNotFinal(state.name)

    def next_step(self) -> Step:
        """Return what the chain is to be told next, once all that it takes is in the folder.

        Raises `AlreadyDone` when all is told, and as `require`.
        """
        round_ = self._now
        if round_ is None or round_.number < self._setting.round:
            if self._setting.round != (1 if round_ is None else round_.number + 1):
                raise DrawNotAsAnchored("round")
            digest = self._folder.setting_digest
            return self._step(DrawState.BEGUN, award_calls.begin_draw(*self._place, digest))
        self.require(round_.state)
        if round_.state is DrawState.BEGUN:
            call = award_calls.join_draw(*self._place, self._keys())
            return self._step(DrawState.JOINED, call)
        if round_.state is DrawState.JOINED:
            call = award_calls.deal_draw(*self._place, self._deals())
            return self._step(DrawState.DEALT, call)
        if round_.state is DrawState.REVEALED:
            raise AlreadyDone
        return self._reveal(round_)

    @property
    def _tender(self) -> TenderId:
        return TenderId(self._setting.tender_id)

    @property
    def _place(self) -> tuple[Deployment, TenderId, int]:
        return self._at, self._tender, self._setting.lot

    @staticmethod
    def _step(state: DrawState, *calls: Call) -> Step:
        return Step(state, calls)

    def _reveal(self, round_: Round) -> Step:
        hidden = [number for number, key in enumerate(round_.keys, 1) if key not in round_.secrets]
        ready = [each for each in hidden if self._folder.has_scalar(each, round_.keys[each - 1])]
        if not ready:
            raise DrawIncomplete(f"scalars/{hidden[0]}.json")
        calls = (
            award_calls.reveal_draw(
                *self._place, round_.keys[number - 1], self._folder.scalar(number)
            )
            for number in ready
        )
        return self._step(DrawState.REVEALED, *calls)

    def _require_same(self, found: Round, state: DrawState) -> None:
        """Hold against the folder what the chain says of the steps up to `state`."""
        if found.begun.setting != self._folder.setting_digest:
            raise DrawNotAsAnchored("setting")
        has_joined = found.joined is not None and state >= DrawState.JOINED
        if has_joined and found.keys != self._keys():
            raise DrawNotAsAnchored("keys")
        dealt = found.dealt if state >= DrawState.DEALT else None
        if dealt is not None and dealt.deals != self._deals():
            raise DrawNotAsAnchored("deals")

    def _keys(self) -> tuple[Address, ...]:
        return tuple(address for _, address in self._folder.drawers())

    def _deals(self) -> bytes:
        return sha256(self._folder.deals_paper()).digest()

    def _last(self, happened: list[TenderEvent]) -> Round | None:
        rounds = rounds_of(happened).get(self._setting.lot, ())
        return rounds[-1] if rounds else None
