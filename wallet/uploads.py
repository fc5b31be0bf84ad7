"""Files on their way to a service, and what is kept of them until their job was seen to end.

What was cut off by a network, a closed lid or Ctrl-C is taken up again by typing the command again:
the same file for the same order goes under the same Idempotency-Key, or is not sent at all where
its job is known.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from wallet.home import FileMissing, FileUnreadable, read_file, read_pieces, write_file

FILE: Final = "uploads.json"
MOST_BYTES: Final = 1 << 30
"""What a service takes at once."""
KEPT_SECONDS: Final = 23 * 3600
"""An hour less than a service keeps its answers."""
PIECE_BYTES: Final = 1 << 18


@dataclass(eq=False)
class UploadTooLarge(Refused):
    """The file is larger than a service takes at once. Part it into several files."""

    path: str
    size_bytes: int
    most_bytes: int


class UploadBody:
    """A file that is read anew each time it is sent; `sent` is told how many bytes have left."""

    def __init__(self, path: Path, sent: Callable[[int, int], None] = lambda _d, _t: None) -> None:
        self.path = path
        self._sent = sent
        self.size = _size(path)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the file in pieces; raise `FileMissing` or `FileUnreadable`."""
        done = 0
        for piece in read_pieces(self.path, PIECE_BYTES):
            yield piece
            done += len(piece)
            self._sent(done, self.size)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole file, in hex."""
        whole = hashlib.sha256()
        for piece in read_pieces(self.path, PIECE_BYTES):
            whole.update(piece)
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload by the key under which it is sent; `job` once the service named one."""

    key: str
    at: int
    job: str | None = None


class UploadFile:
    """The uploads of one wallet, by what was ordered of whom with which file."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def find(self, order: str, now: int) -> Upload | None:
        """Return what is kept of an order that a service still remembers, if anything is."""
        entry = self._load(now).get(order)
        return None if entry is None else Upload(entry["key"], entry["at"], entry.get("job"))

    def keep(self, order: str, upload: Upload) -> None:
        """Keep an upload in the place of the one before."""
        entry = {"key": upload.key, "at": upload.at, "job": upload.job}
        self._save(self._load(upload.at) | {order: entry})

    def forget(self, order: str, now: int) -> None:
        """Drop an upload, there or not."""
        entries = self._load(now)
        if entries.pop(order, None) is not None:
            self._save(entries)

    def _save(self, entries: dict[str, Any]) -> None:
        write_file(self._path, orjson.dumps(entries))

    def _load(self, now: int) -> dict[str, Any]:
        try:
            entries = parse_object(read_file(self._path)) if self._path.exists() else {}
        except JsonMalformed:
            return {}  # a file that is no longer known is sent as a new one
        return {order: entry for order, entry in entries.items() if _is_fresh(entry, now)}


def order_of(*words: str) -> str:
    """Return the name of an order: a hash, since what is ordered is nobody else's business."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _is_fresh(entry: object, now: int) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("key"), str)
        and isinstance(entry.get("at"), int)
        and 0 <= now - entry["at"] < KEPT_SECONDS
    )


def _size(path: Path) -> int:
    """Return the size in bytes; raise `FileMissing`, `FileUnreadable` or `UploadTooLarge`."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as exc:
        raise FileMissing(str(path)) from exc
    except OSError as exc:
        raise FileUnreadable(str(path), exc.strerror or "") from exc
    if size > MOST_BYTES:
        raise UploadTooLarge(str(path), size, MOST_BYTES)
    return size
