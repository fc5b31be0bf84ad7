"""Sending: what the outbox holds, on its way, with alarms where a person must look."""

from collections.abc import Callable
from typing import Protocol

import structlog

from ledger.chain.lane import Progress


class Stepper(Protocol):
    """Whoever sends (ledger.chain.sender)."""

    def step(self) -> Progress:
        """Make one pass."""


class Sending:
    """Runs the sender and tells its alarms to the log."""

    def __init__(self, sender: Stepper, waiting: Callable[[], int]) -> None:
        """`waiting` counts the intents that have no nonce yet, or some of them."""
        self._sender = sender
        self._waiting = waiting
        self._halted = ""
        self._log = structlog.get_logger("sender")

    def step(self, *, flush: bool = False) -> int:
        """Make one pass; return how many intents were sent, with `flush` also how many are left."""
        progress = self._sender.step()
        for alarm in progress.alarms:
            intent = None if alarm.intent is None else "0x" + alarm.intent.hex()
            self._log.error("alarm", code=alarm.code, words=alarm.words, intent=intent)
        if progress.halted != self._halted:
            self._log.error("halted" if progress.halted else "resumed", reason=progress.halted)
            self._halted = progress.halted
        if progress.halted or not flush:
            return progress.sent
        return progress.sent + progress.under_way + self._waiting()
