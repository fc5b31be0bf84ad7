"""Sending: what the outbox holds, on its way, with alarms where a person must look."""

from typing import Protocol

import structlog

from ledger.chain.lane import Progress


class Stepper(Protocol):
    """Whoever sends (ledger.chain.sender)."""

    def step(self) -> Progress:
        """Make one pass."""


class Sending:
    """Runs the sender and tells its alarms to the log."""

    def __init__(self, sender: Stepper) -> None:
        self._sender = sender
        self._halted = ""
        self._log = structlog.get_logger("sender")

    def step(self) -> int:
        """Make one pass; return how many intents were sent or are under way."""
        progress = self._sender.step()
        for alarm in progress.alarms:
            intent = None if alarm.intent is None else "0x" + alarm.intent.hex()
            self._log.error("alarm", code=alarm.code, words=alarm.words, intent=intent)
        if progress.halted != self._halted:
            self._log.error("halted" if progress.halted else "resumed", reason=progress.halted)
            self._halted = progress.halted
        return 0 if progress.halted else progress.sent + progress.under_way
