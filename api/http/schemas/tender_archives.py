"""Sealed files of opened bids as JSON."""

from collections.abc import Sequence
from typing import Self

from api.http.forms import Answer, HexAddress, HexDigest
from api.http.schemas.shared import HeadAnswer
from ledger.tenders.opened_files import OpenedFile


class OpenedFileAnswer(Answer):
    """The age file of one part of an opened bid, and its size in bytes."""

    lot: int
    part: int
    bidder: HexAddress
    sha256: HexDigest
    size: int

    @classmethod
    def of(cls, file: OpenedFile) -> Self:
        """Return one file."""
        return cls(
            lot=file.lot, part=file.part, bidder=file.bidder, sha256=file.sha256, size=file.size
        )


class ArchiveAnswer(Answer):
    """The files of all opened bids, lot by lot."""

    files: list[OpenedFileAnswer]
    head: HeadAnswer

    @classmethod
    def of(cls, files: Sequence[OpenedFile], head: HeadAnswer) -> Self:
        """Return them."""
        return cls(files=[OpenedFileAnswer.of(each) for each in files], head=head)
