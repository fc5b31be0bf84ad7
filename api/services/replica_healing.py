"""Brings replicas the files that they missed while they were away, and copies that went bad.

What has to be there the database says: sealed files that were receipted, and papers. Once an hour
every replica is asked whether it has each; once a week each copy is read to its end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import structlog

from api.blobs.replicas import Finding, Replica, Replicas
from api.blobs.store import BlobStoreUnavailable, BlobUnknown
from api.store.bid_uploads import BidUploadStore
from api.store.tender_papers import TenderPaperStore
from ledger.tenders.errors import DigestMismatch
from ledger.values import Digest

EVERY_SECONDS: Final = 3_600
"""How often all files are looked for (proposed)."""
READ_EVERY: Final = 7 * 24
"""Of how many rounds each file is read to its end in one (proposed)."""
AT_ONCE: Final = 50
"""Files that one step looks for; the worker's other duties come between."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that every replica has to have; `upload` whose pieces it was made of, if any."""

    digest: Digest
    upload: bytes | None = None


class ReplicaHealing:
    """Goes round all files, some at a time; one that is mended ends the step."""

    def __init__(
        self,
        uploads: BidUploadStore,
        papers: TenderPaperStore,
        blobs: Replicas,
        clock: Callable[[], int],
    ) -> None:
        self._uploads = uploads
        self._papers = papers
        self._blobs = blobs
        self._clock = clock
        self._round: Iterator[Kept] = iter(())
        self._begun = -1
        self._log = structlog.get_logger("replicas")

    def step(self) -> int:
        """Look for some files; return 1 where a copy was made, 0 where none was wanted."""
        if len(self._blobs.each) == 1:
            return 0
        hour = self._clock() // EVERY_SECONDS
        if hour != self._begun:
            self._begun, self._round = hour, self._all()
        for _ in range(AT_ONCE):
            kept = next(self._round, None)
            if kept is None:
                return 0
            turn = int.from_bytes(kept.digest[:4]) % READ_EVERY
            if self._healed(kept, is_read=turn == hour % READ_EVERY):
                return 1
        return 0

    def _all(self) -> Iterator[Kept]:
        uploads = (Kept(digest, upload) for upload, digest in self._uploads.whole())
        return chain(uploads, map(Kept, self._papers.digests()))

    def _healed(self, kept: Kept, *, is_read: bool) -> bool:
        """Copy a file to the replicas that lack it; return whether that made any copy."""
        lacks = _reading if is_read else _looking
        lacking = [each for each in self._blobs.each if lacks(each, kept.digest)]
        if not lacking:
            return False
        others = (each for each in self._blobs.each if each not in lacking)
        whole = next((e for e in others if e.finding(kept.digest) is Finding.WHOLE), None)
        if whole is None:
            self._log.error("no whole copy", file=kept.digest.hex())
            return False
        return sum(self._copied(kept, whole, each) for each in lacking) > 0

    def _copied(self, kept: Kept, whole: Replica, to: Replica) -> bool:
        try:
            to.store.remove(kept.digest)  # a bad copy; a good one is never replaced
            to.store.keep(kept.digest, lambda: whole.store.read(kept.digest))
            if kept.upload is not None:
                to.store.unstage(kept.upload)  # it was away when the others forgot the pieces
        except (BlobStoreUnavailable, BlobUnknown, DigestMismatch):
            self._log.warning("not healed", replica=to.name, file=kept.digest.hex())
            return False
        self._log.info("healed", replica=to.name, file=kept.digest.hex())
        return True


def _looking(replica: Replica, digest: Digest) -> bool:
    """Whether a replica that answers does not have a file."""
    try:
        return not replica.store.has(digest)
    except BlobStoreUnavailable:
        return False


def _reading(replica: Replica, digest: Digest) -> bool:
    """Whether a replica that answers does not have a file whole."""
    return replica.finding(digest) in (Finding.ABSENT, Finding.CORRUPT)
