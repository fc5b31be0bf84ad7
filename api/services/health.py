"""Whether this process can serve."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.services.registry import Directory, HeadAge
from ledger.errors import FinalityUnknown, Unavailable

STALE_SECONDS: Final = 30
"""Age of the projection at which readiness ends (proposed)."""


@dataclass(eq=False)
class ProjectionStale(Unavailable):
    """No node has confirmed the projection's head for a while."""

    age_seconds: int


class Health:
    """Tells whoever balances the load whether to send requests here.

    `require_schema` raises unless the database has the schema of this program. With
    `needs_finality` the chain must say what is final.
    """

    def __init__(
        self,
        directory: Directory,
        require_schema: Callable[[], None],
        *,
        needs_finality: bool = False,
    ) -> None:
        self._directory = directory
        self._require_schema = require_schema
        self._needs_finality = needs_finality

    def ready(self) -> HeadAge:
        """Return the projection's head.

        Raises:
            StoreUnavailable: when the database cannot be reached.
            SchemaOutdated: when its schema is another program's.
            ProjectionEmpty, ProjectionStale: when nothing, or nothing recent, is known of the
                chain.
            FinalityUnknown: when nothing can become final, since the chain does not say what is.
        """
        self._require_schema()
        head = self._directory.head()
        if head.age_seconds > STALE_SECONDS:
            raise ProjectionStale(head.age_seconds)
        if self._needs_finality and head.finalized is None:
            raise FinalityUnknown
        return head
