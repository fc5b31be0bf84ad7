"""The gates that a holder answered, for the holder alone: kept 28 days, and theirs to delete."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_json
from ledger.health.readers import Reader
from wallet.home import read_file, write_file

FILE: Final = "gates.json"
KEPT_SECONDS: Final = 28 * 86_400


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: when, and who asked for what."""

    at: int
    jurisdiction: str
    agency: str
    checkpoint: str
    lane: str
    purpose: int

    @classmethod
    def of(cls, reader: Reader, purpose: int, at: int) -> "Answered":
        """Return the entry about a gate that proved itself."""
        return cls(at, reader.jurisdiction, reader.agency, reader.checkpoint, reader.lane, purpose)


class AnsweredGates:
    """The list in a wallet's folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def all(self, at: int) -> list[Answered]:
        """Return the answers of the last 28 days, the newest first."""
        found = [Answered(**entry) for entry in self._load()]
        kept = [each for each in found if each.at > at - KEPT_SECONDS]
        return sorted(kept, key=lambda each: -each.at)

    def keep(self, answered: Answered) -> None:
        """Add one and drop those that are too old."""
        entries = [answered, *self.all(answered.at)]
        write_file(self._path, orjson.dumps([asdict(each) for each in entries]))

    def forget(self) -> None:
        """Delete the list."""
        self._path.unlink(missing_ok=True)

    def _load(self) -> list[dict[str, Any]]:
        try:
            value = parse_json(read_file(self._path)) if self._path.exists() else []
        except JsonMalformed:
            return []  # a convenience of the holder's; no right hangs on it
        return value if isinstance(value, list) else []
