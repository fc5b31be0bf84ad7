"""Names seen once: a set on disk, since a million of them would take a hundred megabytes."""

import sqlite3
from collections.abc import Iterable
from types import TracebackType
from typing import Self

_INSERT = "INSERT OR IGNORE INTO seen VALUES (?)"


class SeenIds:
    """Remembers the names of one upload in a private file that goes with it; use it in `with`."""

    def __init__(self) -> None:
        # An empty name is a temporary file of SQLite's own, deleted when it is closed.
        self._file = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID")
        self._file.execute("BEGIN")

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget all."""
        self._file.close()

    def repeated(self, names: Iterable[str]) -> list[int]:
        """Remember names; return the places of those that came before, here or earlier."""
        insert = self._file.execute
        return [place for place, name in enumerate(names) if not insert(_INSERT, (name,)).rowcount]
