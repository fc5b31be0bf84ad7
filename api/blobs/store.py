"""What every store of large files promises."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from ledger.errors import Refused, Unavailable
from ledger.tenders.errors import DigestMismatch
from ledger.values import Digest

READ_BYTES: Final = 2**20
"""How much is read at once."""


Source = Callable[[], Iterable[bytes]]
"""Gives the pieces of a file, from its beginning each time."""


@dataclass(eq=False)
class BlobUnknown(Refused):
    """The store has no file with this digest."""

    digest: bytes


class BlobStoreUnavailable(Unavailable):
    """The store of large files cannot be read or written at the moment."""


class BlobStore(Protocol):
    """Files by their digest, and pieces that wait to become one.

    What a write returned from survives a power cut. A file is there whole or not at all. Every
    call raises `BlobStoreUnavailable` when nobody could say.
    """

    def stage(self, upload: bytes, name: str, content: bytes) -> None:
        """Keep a piece of an upload under a name, in place of an earlier one."""

    def staged(self, upload: bytes, name: str) -> bytes:
        """Return a piece; raise `BlobUnknown` with the upload's id where it is gone."""

    def unstage(self, upload: bytes) -> None:
        """Forget all pieces of an upload; none there is as well."""

    def keep(self, digest: Digest, source: Source) -> None:
        """Keep a file out of the pieces that `source` gives; one that is there stays as it is.

        Raises `DigestMismatch` when the pieces together have another digest; nothing is kept then.
        All pieces are read in any case: a digest is public, and does not make a file one's own.
        """

    def has(self, digest: Digest) -> bool:
        """Return whether a file is there; what is in it is not looked at."""

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Yield a file in pieces; raise `BlobUnknown`."""

    def remove(self, digest: Digest) -> None:
        """Forget a file; none there is as well."""

    def sweep(self, before: int) -> None:
        """Forget what a process that was killed before that time, in Unix seconds, left half done.

        Whole files and staged pieces stay.
        """


def hashed(pieces: Iterable[bytes], digest: Digest) -> Iterator[bytes]:
    """Yield the pieces; raise `DigestMismatch` after the last unless they have that SHA-256."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
        yield piece
    if found.digest() != digest:
        raise DigestMismatch(digest, found.digest())


def require_hashed(pieces: Iterable[bytes], digest: Digest) -> None:
    """Raise `DigestMismatch` unless the pieces together have that SHA-256."""
    for _ in hashed(pieces, digest):
        pass
