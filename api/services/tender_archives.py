"""Sealed files of opened bids, for whoever audits; ciphertexts of others are never given out."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from api.blobs.store import BlobStore, BlobUnknown
from api.services.tenders import Tenders
from ledger.errors import Refused
from ledger.tenders.ids import TenderId
from ledger.tenders.opened_files import OpenedFile, opened_files
from ledger.values import Digest


@dataclass(eq=False)
class OpenedFileUnknown(Refused):
    """No bid of this tender that was opened has such a file, or it is not here."""

    digest: bytes


class TenderArchives:
    """Gives out opened files, as of the head."""

    def __init__(self, tenders: Tenders, blobs: BlobStore) -> None:
        self._tenders = tenders
        self._blobs = blobs

    def files(self, tender: TenderId) -> tuple[OpenedFile, ...]:
        """Return the files of opened bids; raise `TenderUnknown`."""
        view = self._tenders.one(tender)
        return opened_files(view.state, view.at)

    def pieces(self, tender: TenderId, digest: Digest) -> tuple[OpenedFile, Iterator[bytes]]:
        """Return a file and its bytes; raise `TenderUnknown`, `OpenedFileUnknown`."""
        found = next((each for each in self.files(tender) if each.sha256 == digest), None)
        if found is None:
            raise OpenedFileUnknown(digest)
        pieces = self._blobs.read(digest)
        try:
            first = next(pieces, b"")
        except BlobUnknown as exc:
            raise OpenedFileUnknown(digest) from exc
        return found, chain((first,), pieces)
