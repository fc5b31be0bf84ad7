"""Whether this process can serve."""

from dataclasses import dataclass
from typing import Final

from api.services.registry import Directory, HeadAge
from ledger.errors import Unavailable

STALE_SECONDS: Final = 30
"""Age of the projection at which readiness ends (proposed)."""


@dataclass(eq=False)
class ProjectionStale(Unavailable):
    """No node has confirmed the projection's head for a while."""

    age_seconds: int


class Health:
    """Tells whoever balances the load whether to send requests here."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def ready(self) -> HeadAge:
        """Return the projection's head.

        Raises:
            StoreUnavailable: when the database cannot be reached.
            ProjectionEmpty, ProjectionStale: when nothing, or nothing recent, is known of the
                chain.
        """
        head = self._directory.head()
        if head.age_seconds > STALE_SECONDS:
            raise ProjectionStale(head.age_seconds)
        return head
