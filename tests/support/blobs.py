"""A store of large files in memory, which passes the suite of the real ones."""

from collections.abc import Iterator

from api.blobs.store import BlobStoreUnavailable, BlobUnknown, Source, hashed
from ledger.values import Digest


class MemoryBlobs:
    """A `BlobStore` that forgets with its process, and can be switched off."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.pieces: dict[bytes, dict[str, bytes]] = {}
        self.is_up = True

    def stage(self, upload: bytes, name: str, content: bytes) -> None:
        self._answer()
        self.pieces.setdefault(upload, {})[name] = content

    def staged(self, upload: bytes, name: str) -> bytes:
        self._answer()
        try:
            return self.pieces[upload][name]
        except KeyError:
            raise BlobUnknown(upload) from None

    def unstage(self, upload: bytes) -> None:
        self._answer()
        self.pieces.pop(upload, None)

    def keep(self, digest: Digest, source: Source) -> None:
        self._answer()
        content = b"".join(hashed(source(), digest))
        self.kept.setdefault(digest, content)

    def has(self, digest: Digest) -> bool:
        self._answer()
        return digest in self.kept

    def read(self, digest: Digest) -> Iterator[bytes]:
        self._answer()
        if digest not in self.kept:
            raise BlobUnknown(digest)
        yield self.kept[digest]

    def remove(self, digest: Digest) -> None:
        self._answer()
        self.kept.pop(digest, None)

    def sweep(self, before: int) -> None:
        self._answer()
        assert before >= 0

    def _answer(self) -> None:
        if not self.is_up:
            raise BlobStoreUnavailable
