"""Housekeeping: forgets what nobody may use any more."""

from collections.abc import Callable
from typing import Final

from api.store.idempotency import IdempotencyStore
from api.store.jobs import JobStore
from api.store.links import LinkStore
from api.store.sign_ins import SignInStore

EVERY_SECONDS: Final = 3600
KEPT_SECONDS: Final = 24 * 3600
"""Nonces, ended logins, answers to repeats and uploads of ended jobs stay for a day (proposed)."""
STALLED_SECONDS: Final = 3600
"""An upload of which nothing more came for so long is forgotten (proposed)."""


class Housekeeping:
    """Deletes, once an hour, what is old: nonces, logins, sealed copies, kept answers, uploads."""

    def __init__(
        self,
        sign_ins: SignInStore,
        links: LinkStore,
        answers: IdempotencyStore,
        jobs: JobStore,
        clock: Callable[[], int],
    ) -> None:
        self._sign_ins = sign_ins
        self._links = links
        self._answers = answers
        self._jobs = jobs
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Forget when it is time; never counts as work that others must wait for."""
        now = self._clock()
        if not 0 < self._next - now <= EVERY_SECONDS:  # a clock that was ahead had set it far off
            self._next = now + EVERY_SECONDS
            self._sign_ins.forget(now - KEPT_SECONDS, now - KEPT_SECONDS)
            self._links.forget(now)
            self._answers.forget(now - KEPT_SECONDS)
            self._jobs.forget(now - STALLED_SECONDS, now - KEPT_SECONDS)
        return 0
