"""Housekeeping: forgets what nobody may use any more."""

from collections.abc import Callable
from typing import Final

from api.store.idempotency import IdempotencyStore
from api.store.links import LinkStore
from api.store.sign_ins import SignInStore

EVERY_SECONDS: Final = 3600
KEPT_SECONDS: Final = 24 * 3600
"""Nonces, ended logins and answers to repeats stay for a day (proposed)."""


class Housekeeping:
    """Deletes old nonces, ended logins, ended sealed copies and kept answers, once an hour."""

    def __init__(
        self,
        sign_ins: SignInStore,
        links: LinkStore,
        answers: IdempotencyStore,
        clock: Callable[[], int],
    ) -> None:
        self._sign_ins = sign_ins
        self._links = links
        self._answers = answers
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Forget when it is time; never counts as work that others must wait for."""
        now = self._clock()
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            self._sign_ins.forget(now - KEPT_SECONDS, now - KEPT_SECONDS)
            self._links.forget(now)
            self._answers.forget(now - KEPT_SECONDS)
        return 0
