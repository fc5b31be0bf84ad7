"""A bundle in one piece: for a gate that fetches it as a file, or carries it on a stick.

CBOR of [manifest, [file …]], with all files or with those alone that a gate lacks. Files are named
by what they are, so nothing in an archive can be mistaken for something else. Nobody has signed an
archive, so it is read string by string: a decoder would make objects of whatever fills 64 MiB.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from ledger.health import cbor
from ledger.health.gate_bundle.errors import GateBundleMalformed
from ledger.health.gate_bundle.manifest import MAX_FILES, MAX_MANIFEST_BYTES, MAX_TOTAL_BYTES
from ledger.values import Digest

MAX_BYTES: Final = MAX_TOTAL_BYTES + MAX_MANIFEST_BYTES + 16 * MAX_FILES
_NAME: Final = "archive"
_BYTES: Final = 2
_ARRAY: Final = 4
_PARTS: Final = 2
_FOLLOWING: Final = {24: 1, 25: 2, 26: 4}
"""Bytes of the argument after a head whose low five bits say so (RFC 8949 §3)."""


def pack(manifest: bytes, files: Iterable[bytes]) -> bytes:
    """Return the archive of a signed manifest and files."""
    return cbor.encode([manifest, list(files)])


def unpack(archive: bytes) -> tuple[bytes, Mapping[Digest, bytes]]:
    """Return the manifest, to be read and checked, and the files by SHA-256.

    Raises `GateBundleMalformed` for anything else, and for more than a bundle may have.
    """
    if len(archive) > MAX_BYTES:
        raise GateBundleMalformed(_NAME, "too long")
    reader = _Reader(archive)
    if reader.head(_ARRAY) != _PARTS:
        raise GateBundleMalformed(_NAME, "not a manifest and files")
    manifest = reader.string()
    count = reader.head(_ARRAY)
    if count > MAX_FILES:
        raise GateBundleMalformed(_NAME, "too many files")
    files = [reader.string() for _ in range(count)]
    if reader.at != len(archive):
        raise GateBundleMalformed(_NAME, "trailing bytes")
    return manifest, {Digest(hashlib.sha256(file).digest()): file for file in files}


class _Reader:
    """Reads heads and byte strings of CBOR one after the other; `at` is where the next begins."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def head(self, major: int) -> int:
        """Return the argument of the next head, which is of that major type."""
        first = self._take(1)[0]
        low = first & 31
        if first >> 5 != major or (low not in _FOLLOWING and low >= min(_FOLLOWING)):
            raise GateBundleMalformed(_NAME, "not byte strings in arrays")
        size = _FOLLOWING.get(low, 0)
        return int.from_bytes(self._take(size)) if size else low

    def string(self) -> bytes:
        """Return the next byte string."""
        return self._take(self.head(_BYTES))

    def _take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        if len(taken) != size:
            raise GateBundleMalformed(_NAME, "cut off")
        self.at += size
        return taken
