"""Dispatch: hands status changes to the sender when their day has come, and not before.

Changes of one order share a call. Where the contract refuses a call because of some of its entries,
those are parked, each under its error's name, and the others go without them.
"""

from collections.abc import Callable
from typing import Final

import structlog

from api.services.intents import Intents
from api.services.packing import Pack, halves, packed
from api.store.packs import PackMoved, PackStore, RefusedPack
from api.store.registry import Registry
from ledger.errors import (
    CoSignatureRequired,
    LedgerError,
    RevertUnexplained,
    StatusFinal,
    StatusTransitionIllegal,
)
from ledger.finality import Confirmations, final_block
from ledger.licences.lifecycle import check_transition
from ledger.status_list import entry, place

CHANGES_A_STEP: Final = 20_000
CALLS_A_STEP: Final = 64
"""Calls of co-signed sets; what the sender has under way at most."""
OF_SOME_ENTRIES: Final = tuple(
    error.__name__
    for error in (StatusFinal, StatusTransitionIllegal, CoSignatureRequired, RevertUnexplained)
)
"""Refusals of a call that may be due to some of its entries alone."""


class Dispatch:
    """Turns stored changes into intents, each once."""

    def __init__(
        self,
        *,
        packs: PackStore,
        registry: Registry,
        intents: Intents,
        clock: Callable[[], int],
        confirmations: Confirmations,
    ) -> None:
        self._packs = packs
        self._registry = registry
        self._intents = intents
        self._clock = clock
        self._confirmations = confirmations
        self._log = structlog.get_logger("dispatch")

    def step(self) -> int:
        """Divide what was refused, give an intent to what is due; return how many changes moved.

        The old licence is superseded only once the new one can no longer fall out: for a moment
        both hold, and the reverse would leave the holder with none.
        """
        divided = sum(self._divide(pack) for pack in self._packs.refused(OF_SOME_ENTRIES))
        head = self._registry.head()
        settled = final_block(self._confirmations, head.block, head.finalized)
        now = self._clock()
        due = self._packs.due(now, settled, CHANGES_A_STEP)
        signed = self._packs.due_calls(now, CALLS_A_STEP)
        return divided + sum(self._send(pack) for pack in packed(due, signed))

    def _send(self, pack: Pack) -> int:
        try:
            self._packs.send(pack, self._intents.change_statuses(pack))
        except PackMoved:
            return 0
        return len(pack)

    def _divide(self, refused: RefusedPack) -> int:
        """Park the entries that are the cause; where none is known for one, try each half."""
        pack = refused.changes
        causes = self._causes(refused)
        rest = tuple(change for change in pack if change.id not in causes)
        parts = ([rest] if rest else []) if causes else halves(pack)
        sent = [(part, self._intents.change_statuses(part)) for part in parts]
        try:
            self._packs.divide(refused.intent, sent, causes)
        except PackMoved:
            return 0
        self._log.warning("divided", error=refused.error, changes=len(pack), parked=len(causes))
        return len(pack)

    def _causes(self, refused: RefusedPack) -> dict[bytes, str]:
        """Return the changes that the list as we know it refuses under the very same name."""
        first = refused.changes[0]
        words = self._registry.words(first.agency, first.list)
        causes: dict[bytes, str] = {}
        for change in refused.changes:
            present = entry(words.get(place(change.index)[0], 0), change.index)
            try:
                check_transition(change.index, present, change.status, change.reason)
            except LedgerError as error:
                causes[change.id] = type(error).__name__
        return {change: error for change, error in causes.items() if error == refused.error}
