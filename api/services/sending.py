"""Sending: what the outbox holds, on its way, with alarms where a person must look."""

from collections.abc import Callable
from typing import Protocol

import structlog

from ledger.chain.lane import Progress
from ledger.errors import NodeStale


class Stepper(Protocol):
    """Whoever sends (ledger.chain.sender)."""

    def step(self, *, takes_in: bool = True) -> Progress:
        """Make one pass; without `takes_in` nothing that waits leaves."""


class Sending:
    """Runs the sender and tells its alarms to the log."""

    def __init__(
        self,
        sender: Stepper,
        waiting: Callable[[], int],
        was_at_head: Callable[[], bool],
        take_in_standing: Callable[[], int],
    ) -> None:
        """`waiting` counts the intents that have no nonce yet, or some of them.

        Nothing that waits leaves before the projection was at the head once and what stands on
        chain was taken in: an older copy of the database may have been put back.
        """
        self._was_at_head = was_at_head
        self._take_in_standing = take_in_standing
        self._caught_up = False
        self._sender = sender
        self._waiting = waiting
        self._halted = ""
        self._log = structlog.get_logger("sender")

    def step(self, *, flush: bool = False) -> int:
        """Make one pass; return how many intents were sent, with `flush` also how many are left.

        Raises `NodeStale`; with `flush` that is something left: the projection heals it, or raises.
        """
        try:
            self._catch_up()
            progress = self._sender.step(takes_in=self._caught_up)
        except NodeStale:
            if flush:
                return 1
            raise
        for alarm in progress.alarms:
            intent = None if alarm.intent is None else "0x" + alarm.intent.hex()
            self._log.error("alarm", code=alarm.code, words=alarm.words, intent=intent)
        if progress.halted != self._halted:
            self._log.error("halted" if progress.halted else "resumed", reason=progress.halted)
            self._halted = progress.halted
        if progress.halted or not flush:
            return progress.sent
        return progress.sent + progress.under_way + self._waiting()

    def _catch_up(self) -> None:
        if self._caught_up or not self._was_at_head():
            return
        found = self._take_in_standing()
        if found:
            self._log.error("alarm", code="orders-stood", words=str(found), intent=None)
        self._caught_up = True
