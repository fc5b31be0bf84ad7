"""Large files on this machine's disk: `aa/aabb…` by digest, pieces under `staging/`.

A file is written under a temporary name beside its own, flushed to the disk, renamed, and its
folder flushed: after a power cut it is there whole or not at all.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.blobs.store import (
    READ_BYTES,
    BlobStoreUnavailable,
    BlobUnknown,
    Source,
    hashed,
    require_hashed,
)
from ledger.values import Digest

_TEMPORARY: Final = ".tmp-"


class FileBlobs:
    """A `BlobStore` under one folder, which several processes may share."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staging = root / "staging"

    def stage(self, upload: bytes, name: str, content: bytes) -> None:  # noqa: D102  # as the port
        with _spoken():
            self._write(self._staging / upload.hex() / name, [content])

    def staged(self, upload: bytes, name: str) -> bytes:  # noqa: D102  # as the port
        with _spoken(), _known(upload):
            return (self._staging / upload.hex() / name).read_bytes()

    def unstage(self, upload: bytes) -> None:  # noqa: D102  # as the port
        with _spoken():
            shutil.rmtree(self._staging / upload.hex(), ignore_errors=True)

    def keep(self, digest: Digest, source: Source) -> None:  # noqa: D102  # as the port
        with _spoken():
            path = self._path(digest)
            if path.exists():
                require_hashed(source(), digest)
            else:
                self._write(path, hashed(source(), digest))

    def has(self, digest: Digest) -> bool:  # noqa: D102  # as the port
        with _spoken():
            return self._path(digest).exists()

    def read(self, digest: Digest) -> Iterator[bytes]:  # noqa: D102  # as the port
        with _spoken(), _known(digest), self._path(digest).open("rb") as file:
            while piece := file.read(READ_BYTES):
                yield piece

    def remove(self, digest: Digest) -> None:  # noqa: D102  # as the port
        with _spoken():
            self._path(digest).unlink(missing_ok=True)

    def sweep(self, before: int) -> None:  # noqa: D102  # as the port
        with _spoken():
            for path in self._root.rglob(f"{_TEMPORARY}*"):
                _forget_old(path, before)

    def _path(self, digest: Digest) -> Path:
        name = digest.hex()
        return self._root / name[:2] / name

    def _write(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Write a file beside its place, flush it, and let it take its place in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            Path(name).rename(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent):  # the second holds the first, maybe new
            _flush(folder)


def _flush(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _forget_old(path: Path, before: int) -> None:
    try:
        if path.stat().st_mtime < before:
            path.unlink()
    except FileNotFoundError:
        return  # its writer was at work, and has finished


@contextmanager
def _spoken() -> Iterator[None]:
    """Say that the store is not there where the disk refuses."""
    try:
        yield
    except OSError as exc:
        raise BlobStoreUnavailable from exc


@contextmanager
def _known(name: bytes) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise BlobUnknown(name) from exc
