"""The signer's book: one JSON line for each signature, on disk before the signature leaves.

A line says when, for what, with which key and SHA-256 of what; a document holds 128 random bits, so
that its digest gives nothing away. Lines are only ever added.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from ledger.errors import Unavailable

SIGNED: Final = "signed"
_MODE: Final = 0o600
_NEWLINE: Final = b"\n"


class TrailUnavailable(Unavailable):
    """The line for a signature could not be written, so there is no signature."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One signature that was asked for.

    `purpose` is empty when the message has none; `outcome` is `signed` or the name of the error;
    `uid` is who asked; `unwritten` counts refusals since the last line that got none of their own,
    such as those of the same batch.
    """

    time: int
    purpose: str
    kid: str
    digest: str
    uid: int
    outcome: str
    unwritten: int = 0


class Trail:
    """An append-only file; safe to share between threads, which then share their fsyncs."""

    def __init__(self, path: Path) -> None:
        """Open or make the file with mode 0600; raise `TrailUnavailable`."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
            self._is_torn = self._ends_torn()
        except OSError as exc:
            raise TrailUnavailable from exc
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        self._written = self._synced = 0

    def write(self, entries: Sequence[Entry]) -> None:
        """Return once their lines are on disk, by one fsync; raise `TrailUnavailable`."""
        try:
            mine = self._append(b"".join(orjson.dumps(entry) + _NEWLINE for entry in entries))
            with self._syncing:
                if self._synced < mine:  # else another thread's fsync took this line along
                    seen = self._written
                    os.fsync(self._file)
                    self._synced = seen
        except OSError as exc:
            raise TrailUnavailable from exc

    def signed_since(self, time: int) -> Iterator[Entry]:
        """Yield the signatures of that moment and later, as written; passes over cut lines."""
        try:
            with self._path.open("rb") as lines:
                for line in lines:
                    with suppress(orjson.JSONDecodeError, TypeError):
                        entry = Entry(**orjson.loads(line))
                        if entry.outcome == SIGNED and entry.time >= time:
                            yield entry
        except OSError as exc:
            raise TrailUnavailable from exc

    def _append(self, lines: bytes) -> int:
        with self._writing:
            whole = _NEWLINE + lines if self._is_torn else lines
            self._is_torn = True
            if os.write(self._file, whole) != len(whole):
                raise OSError("the disk took a part of the lines")
            self._is_torn = False
            self._written += 1
            return self._written

    def _ends_torn(self) -> bool:
        """Whether the last process ended in the middle of a line."""
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != _NEWLINE
