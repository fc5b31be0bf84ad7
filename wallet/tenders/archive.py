"""Sealed files in a folder, found by what they hold and not by their names."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from wallet.home import FileMissing, FileUnreadable, read_pieces

_PIECE_BYTES: Final = 2**18


def by_digest(folder: Path) -> dict[bytes, Path]:
    """Return the files below a folder by SHA-256; links are not followed. Raise `FileUnreadable`.

    Every byte is read: a copy that is not whole has another digest, and blames nobody.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest = hashlib.sha256()
            for piece in read_pieces(path, _PIECE_BYTES):
                digest.update(piece)
            found[digest.digest()] = path
    return found


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """Give a file to read; raise `FileMissing` or `FileUnreadable`."""
    try:
        with path.open("rb") as source:
            yield source
    except FileNotFoundError as exc:
        raise FileMissing(str(path)) from exc
    except (IsADirectoryError, PermissionError) as exc:
        raise FileUnreadable(str(path), exc.strerror or "") from exc
