"""The day keys of one gate: made when a day's first person comes, destroyed when they are due.

They lie apart from the rows, so that a copy of the rows without them tells of nobody.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from ledger.canonical import JsonMalformed, b64url_decode, b64url_encode, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health.day_keys import SECRET_BYTES, DayKey, day_of
from wallet.home import read_file, sync_folder, write_file, writing

_SUFFIX: Final = ".day-key.json"


@dataclass(eq=False)
class DayKeyMalformed(Refused):
    """A day key cannot be read. Delete the file; the day's scans can then not be joined."""

    path: str


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A day key, and when it is to be destroyed, in Unix seconds."""

    key: DayKey
    due_at: int


class DayKeyFolder:
    """The live day keys of a gate at one checkpoint; its days begin in `zone`."""

    def __init__(
        self, folder: Path, checkpoint: str, zone: str, randomness: Callable[[int], bytes]
    ) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._zone = zone
        self._randomness = randomness
        self._held: dict[str, LiveKey] | None = None

    def of(self, at: int, retention: int) -> DayKey:
        """Return the key of the day of a time, made where there is none.

        It is due so many seconds of `retention` after its day.
        """
        day = day_of(at, self._zone)
        held = self.live().get(day)
        if held is None:
            made = DayKey(self._checkpoint, day, self._zone, self._randomness(SECRET_BYTES))
            held = LiveKey(made, made.destroyed_at(retention))
            self._write(held)
            self.live()[day] = held
        return held.key

    def live(self) -> dict[str, LiveKey]:
        """Return the keys by day; raise `DayKeyMalformed`."""
        if self._held is None:
            found = map(self._read, sorted(self._folder.glob(f"*{_SUFFIX}")))
            self._held = {live.key.day: live for live in found}
        return self._held

    def destroy(self, at: int) -> list[str]:
        """Destroy the keys that are due; return their days."""
        due = [day for day, live in self.live().items() if live.due_at <= at]
        for day in due:
            path = self._path(day)
            with writing(path), suppress(FileNotFoundError):  # another command was quicker
                size = path.stat().st_size
                with path.open("r+b") as file:
                    file.write(bytes(size))
                path.unlink()
                sync_folder(self._folder)
            del self.live()[day]
        return due

    def _write(self, live: LiveKey) -> None:
        content = {
            "checkpoint": live.key.checkpoint,
            "day": live.key.day,
            "zone": live.key.zone,
            "secret": b64url_encode(live.key.secret),
            "dueAt": live.due_at,
        }
        write_file(self._path(live.key.day), orjson.dumps(content))

    def _read(self, path: Path) -> LiveKey:
        try:
            found = parse_object(read_file(path))
            secret = b64url_decode(found["secret"])
            key = DayKey(found["checkpoint"], found["day"], found["zone"], secret)
            return LiveKey(key, int(found["dueAt"]))
        except (JsonMalformed, KeyError, TypeError, ValueError, LedgerError) as exc:
            raise DayKeyMalformed(str(path)) from exc

    def _path(self, day: str) -> Path:
        return self._folder / f"{day}{_SUFFIX}"
