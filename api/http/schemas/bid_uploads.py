"""Uploads of sealed files as JSON."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment, Octets16
from api.http.schemas.shared import AgencyName
from api.services.bid_uploads import MAX_BYTES, UploadOrder, UploadView
from ledger.values import AgencyId, Digest

FileSize = Annotated[
    int,
    Field(
        ge=1, le=MAX_BYTES, description="Bytes, as sealed: 2 GiB of files are padded to 3 at most."
    ),
    WHOLE,
]


class BidUploadForm(Form):
    """The sealed file that is to come, and the part of which bid it is."""

    size: FileSize
    sha256: HexDigest
    agency: AgencyName
    tender: HexDigest
    lot: Annotated[int, Field(ge=0, le=2**16 - 1), WHOLE] = 0
    part: Annotated[int, Field(ge=1, le=2), WHOLE] = 1

    def parsed(self) -> UploadOrder:
        """Return the order."""
        return UploadOrder(
            size=self.size,
            digest=Digest(self.sha256),
            agency=self.agency.id(),
            tender=self.tender,
            lot=self.lot,
            part=self.part,
        )


class UnplacedUploadForm(Form):
    """A sealed file that is to come for a tender with a mailbox; nobody asks for which bid."""

    size: FileSize
    sha256: HexDigest
    mailbox: HexDigest

    def parsed(self) -> UploadOrder:
        """Return the order."""
        return UploadOrder(self.size, Digest(self.sha256), AgencyId(self.mailbox))


class ChunkAnswer(Answer):
    """A chunk that is here."""

    number: int
    size: int
    sha256: HexDigest


class BidUploadAnswer(Answer):
    """An upload: what is here by now, and the signed receipt once all of it was read back.

    `tender`, `lot` and `part` are null while no bid named the file.
    """

    upload: Octets16
    state: Literal["receiving", "stored"]
    size: int
    sha256: HexDigest
    tender: HexDigest | None
    lot: int | None
    part: int | None
    chunk_size: int
    received: int
    chunks: list[ChunkAnswer]
    expires_at: Moment
    stored_at: Moment | None
    receipt: str | None

    @classmethod
    def of(cls, view: UploadView) -> Self:
        """Return an upload as JSON."""
        row = view.row
        return cls(
            upload=row.id,
            state="receiving" if row.stored_at is None else "stored",
            size=row.size,
            sha256=row.digest,
            tender=None if row.tender is None else Digest(row.tender),
            lot=row.lot,
            part=row.part,
            chunk_size=row.chunk_bytes,
            received=view.received,
            chunks=[
                ChunkAnswer(number=chunk.number, size=chunk.size, sha256=Digest(chunk.digest))
                for chunk in view.chunks
            ],
            expires_at=row.expires_at,
            stored_at=row.stored_at,
            receipt=row.receipt,
        )


class BidStorageAnswer(Answer):
    """On how many stores sealed files are kept."""

    replicas: int
