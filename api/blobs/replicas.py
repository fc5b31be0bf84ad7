"""One store of large files out of several: each file lies on all of them, and any one is enough.

A bid must not fail at the deadline because a store is down: a write counts once one store has it,
and `healing` brings the others what they missed. Nothing is called lost that some store was not
asked about. Replicas are named by their number, 1 first: addresses are the operator's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

import structlog

from api.blobs.store import BlobStore, BlobStoreUnavailable, BlobUnknown, Source
from ledger.values import Digest

REST_SECONDS: Final = 60.0
"""How long a replica that failed is left out of writes, so that not every bid waits for it."""


class Finding(StrEnum):
    """What a replica has of a file."""

    WHOLE = "whole"
    ABSENT = "absent"
    CORRUPT = "corrupt"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Replica:
    """One of the stores, by its number."""

    name: str
    store: BlobStore

    def finding(self, digest: Digest) -> Finding:
        """Read a file to its end, and return what is there."""
        found = sha256()
        try:
            for piece in self.store.read(digest):
                found.update(piece)
        except BlobUnknown:
            return Finding.ABSENT
        except BlobStoreUnavailable:
            return Finding.UNREACHABLE
        return Finding.WHOLE if found.digest() == digest else Finding.CORRUPT


class Replicas:
    """A `BlobStore` over several, the first of which is read first."""

    def __init__(self, stores: Sequence[BlobStore], steady: Callable[[], float]) -> None:
        """`steady` tells seconds that never go back."""
        self.each = tuple(Replica(str(number), store) for number, store in enumerate(stores, 1))
        self._steady = steady
        self._rests_until: dict[str, float] = {}
        self._log = structlog.get_logger("blobs")

    def stage(self, upload: bytes, name: str, content: bytes) -> None:  # noqa: D102  # as the port
        self._written(lambda store: store.stage(upload, name, content))

    def staged(self, upload: bytes, name: str) -> bytes:  # noqa: D102  # as the port
        is_told = True
        for each in self.each:
            try:
                return each.store.staged(upload, name)
            except BlobUnknown:
                continue
            except BlobStoreUnavailable:
                is_told = False
        raise BlobUnknown(upload) if is_told else BlobStoreUnavailable

    def unstage(self, upload: bytes) -> None:
        """Forget an upload's pieces where they can be; `healing` looks after the others."""
        self._written(lambda store: store.unstage(upload))

    def keep(self, digest: Digest, source: Source) -> None:
        """Keep a file on every replica that takes it, one at least; raises as the port."""
        self._written(lambda store: store.keep(digest, source))

    def has(self, digest: Digest) -> bool:  # noqa: D102  # as the port
        return self.first_with(lambda each: each.store.has(digest)) is not None

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Yield a file from a replica whose copy is whole; of several it is looked at first.

        Raises `BlobUnknown` where every replica answered and none has it whole.
        """
        if len(self.each) == 1:
            yield from self.each[0].store.read(digest)
            return
        whole = self.first_with(lambda each: _is_whole(each.finding(digest)))
        if whole is None:
            raise BlobUnknown(digest)
        yield from whole.store.read(digest)

    def remove(self, digest: Digest) -> None:
        """Forget a file everywhere; raise `BlobStoreUnavailable` where one could not be asked."""
        self._everywhere(lambda store: store.remove(digest))

    def sweep(self, before: int) -> None:  # noqa: D102  # as the port
        self._everywhere(lambda store: store.sweep(before))

    def whole(self, digest: Digest) -> tuple[Replica, ...]:
        """Return the replicas that have a file whole, each read to its end.

        A copy that is not is removed, to be written anew. Raises `BlobStoreUnavailable` where no
        replica could be asked.
        """
        findings = {each: each.finding(digest) for each in self.each}
        for each, finding in findings.items():
            if finding is Finding.CORRUPT:
                self._log.error("corrupt", replica=each.name, file=digest.hex())
                each.store.remove(digest)
        if set(findings.values()) == {Finding.UNREACHABLE}:
            raise BlobStoreUnavailable
        return tuple(each for each, finding in findings.items() if finding is Finding.WHOLE)

    def first_with(self, is_so: Callable[[Replica], bool]) -> Replica | None:
        """Return the first replica of which something is so, None where it is so of none.

        Raises `BlobStoreUnavailable` where it is so of none, and one of them could not say.
        """
        is_told = True
        for each in self.each:
            try:
                if is_so(each):
                    return each
            except BlobStoreUnavailable:
                is_told = False
        if not is_told:
            raise BlobStoreUnavailable
        return None

    def _written(self, write: Callable[[BlobStore], None]) -> None:
        """Write to the replicas that are awake, and to the others where none of these takes it."""
        now = self._steady()
        awake = [each for each in self.each if self._rests_until.get(each.name, now) <= now]
        resting = [each for each in self.each if each not in awake]
        if not (self._taken(awake, write) or self._taken(resting, write)):
            raise BlobStoreUnavailable

    def _taken(self, replicas: Sequence[Replica], write: Callable[[BlobStore], None]) -> int:
        """Write to these replicas; return how many took it. Who did not is left alone a while."""
        taken = 0
        for each in replicas:
            try:
                write(each.store)
            except BlobStoreUnavailable:
                self._rests_until[each.name] = self._steady() + REST_SECONDS
                self._log.warning("down", replica=each.name)
                continue
            taken += 1
        return taken

    def _everywhere(self, act: Callable[[BlobStore], None]) -> None:
        is_done = True
        for each in self.each:
            try:
                act(each.store)
            except BlobStoreUnavailable:
                is_done = False
        if not is_done:
            raise BlobStoreUnavailable


def _is_whole(finding: Finding) -> bool:
    """Whether a copy is whole; raise `BlobStoreUnavailable` where nobody could say."""
    if finding is Finding.UNREACHABLE:
        raise BlobStoreUnavailable
    return finding is Finding.WHOLE
