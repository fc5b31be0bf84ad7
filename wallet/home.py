"""Files of one person: written whole or not at all, readable by their owner alone."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import Refused

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


@dataclass(eq=False)
class FileMissing(Refused):
    """There is no such file. Check the path."""

    path: str


@dataclass(eq=False)
class FileUnreadable(Refused):
    """The file cannot be read. Check its permissions and that it is a file."""

    path: str
    reason: str


@dataclass(eq=False)
class FileUnwritable(Refused):
    """The file cannot be written. Check the folder's permissions and the free space."""

    path: str
    reason: str


def read_file(path: Path) -> bytes:
    """Return the bytes of `path`; raise `FileMissing` or `FileUnreadable`."""
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise FileMissing(str(path)) from exc
    except OSError as exc:
        raise FileUnreadable(str(path), exc.strerror or "") from exc


def read_pieces(path: Path, size: int) -> Iterator[bytes]:
    """Yield the bytes of `path` in pieces of `size`; raises as `read_file`."""
    try:
        with path.open("rb") as file:
            while piece := file.read(size):
                yield piece
    except FileNotFoundError as exc:
        raise FileMissing(str(path)) from exc
    except OSError as exc:
        raise FileUnreadable(str(path), exc.strerror or "") from exc


def write_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Put `content` at `path` whole or not at all: temporary file (0600), fsync, rename, fsync.

    Raises `FileUnwritable`, and what `content` raises while it is read.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with writing(path):
        private_folder(path.parent)
        try:
            _write_through(temporary, content)
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise `FileUnwritable` for whatever the disk refuses inside the block."""
    try:
        yield
    except OSError as exc:
        raise FileUnwritable(str(path), exc.strerror or "") from exc


def private_folder(path: Path) -> Path:
    """Return the folder, made with mode 0700 where it did not exist."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


def sync_folder(path: Path) -> None:
    """Put the folder's own entries on disk, so that a rename survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_through(path: Path, content: bytes | Iterable[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.writelines([content] if isinstance(content, bytes) else content)
        file.flush()
        os.fsync(file.fileno())
