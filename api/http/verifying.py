"""Verifying on the event loop: at once out of memory, in a thread where somebody must be asked."""

import asyncio
from typing import Final

from anyio import CapacityLimiter, to_thread

from api.services.verification import Answer, Question, Verifications

FRESH_AT_ONCE: Final = 16
"""Questions that may wait for a node at one time; a node that hangs holds no other thread."""


class Verifying:
    """Answers without ever holding up the loop for a database or a node."""

    def __init__(self, verifications: Verifications) -> None:
        self._verifications = verifications
        self._fresh = CapacityLimiter(FRESH_AT_ONCE)
        self._looking: asyncio.Task[None] | None = None

    async def answer(self, question: Question) -> Answer:
        """Return the answer as `Verifications.verify` gives it."""
        verify = self._verifications.verify
        if question.is_fresh:
            return await to_thread.run_sync(verify, question, limiter=self._fresh)
        if not self._verifications.is_recent:
            await self._look()
        known = self._verifications.at_once(question)
        return known if known is not None else await to_thread.run_sync(verify, question)

    async def _look(self) -> None:
        """Look at the head once for all who want to know it now."""
        looking = self._looking
        if looking is None or looking.done():
            look = to_thread.run_sync(self._verifications.look)
            looking = self._looking = asyncio.ensure_future(look)
        await asyncio.shield(looking)  # others wait for it too
