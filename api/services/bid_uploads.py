"""Sealed files on their way in: opened, sent in chunks, read back whole, then receipted.

Nothing here can be read by anybody: files are age files whose keys do not exist yet. They are
never given out again to the public. Any step may be repeated after any cut: chunks are staged on
durable storage before they are noted, the file is kept before its receipt is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Final

from api.blobs.replicas import Replicas
from api.blobs.store import BlobStore, BlobUnknown
from api.services.issuers import Issuers
from api.services.mailboxes import MailboxUnknown, OwnMailboxes
from api.store.bid_uploads import (
    BidUploadFinished,
    BidUploadStore,
    ChunkRow,
    Limits,
    UploadRow,
)
from ledger import age_header
from ledger.age_stream import CHUNK_BYTES as CHUNK_OF_AGE
from ledger.errors import Refused, Unavailable
from ledger.licences.issuance import Issuer
from ledger.tenders import receipts
from ledger.tenders.age_files import require_sealed
from ledger.tenders.errors import DigestMismatch, NotSealed, UploadIncomplete
from ledger.tenders.padding import CLASSES
from ledger.tenders.receipts import Receipt, ReceiptState, StoredFile
from ledger.values import Address, AgencyId, Digest

MAX_BYTES: Final = (
    age_header.MAX_HEADER_BYTES
    + age_header.NONCE_BYTES
    + CLASSES[-1] // CHUNK_OF_AGE * (CHUNK_OF_AGE + age_header.TAG_BYTES)
)
"""The largest sealed file, as padding and sealing make them: 3 GiB and what age adds."""
CHUNK_BYTES: Final = 8 * 2**20
"""(proposed)"""
LIFETIME_SECONDS: Final = 3 * 86_400
"""How long an upload may take (proposed)."""
MOST_OPEN: Final = 8
"""Uploads that one key may have under way: two parts of four lots (proposed)."""
ID_BYTES: Final = 16


@dataclass(eq=False)
class ChunkUnknown(Refused):
    """The file has no chunk of this number."""

    number: int
    count: int


@dataclass(eq=False)
class ChunkSizeWrong(Refused):
    """The chunk is not as long as it must be; only the last one is shorter."""

    expected: int
    given: int


class BlobsUnsound(Unavailable):
    """The store gave back other bytes than it was given; no receipt is signed for them."""


@dataclass(frozen=True, slots=True)
class UploadOrder:
    """What an account says it will send, and for which part of which bid; for a mailbox, of none.

    `agency` signs the receipt: the tender's, or the mailbox's.
    """

    size: int
    digest: Digest
    agency: AgencyId
    tender: bytes | None = None
    lot: int | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload and the chunks of it that are here."""

    row: UploadRow
    chunks: tuple[ChunkRow, ...]
    is_new: bool = False

    @property
    def received(self) -> int:
        """Bytes that are here."""
        is_whole = self.row.stored_at is not None
        return self.row.size if is_whole else sum(chunk.size for chunk in self.chunks)


class BidUploads:
    """Takes sealed files in, from whoever signed in with a key of the bid's or the file's own."""

    def __init__(
        self,
        *,
        store: BidUploadStore,
        blobs: Replicas,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        most_bytes: int,
        mailboxes: OwnMailboxes,
    ) -> None:
        self._mailboxes = mailboxes
        self._store = store
        self._blobs = blobs
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness
        self._limits = Limits(MOST_OPEN, most_bytes)

    @property
    def replicas(self) -> int:
        """How many stores keep each file."""
        return len(self._blobs.each)

    def open(self, order: UploadOrder, by: Address) -> UploadView:
        """Begin an upload, or go on with the account's own of the same file.

        Raises:
            AgencyUnknown, AgencyNotActive: for the agency whose tender or mailbox it is.
            MailboxUnknown: for a file without a place, unless the agency's mailbox is kept here.
            SigningKeyMissing: when nobody here could sign the receipt.
            TooManyBidUploads, BidSpaceFull: see there.
        """
        if order.tender is None and order.agency not in self._mailboxes.all():
            raise MailboxUnknown(order.agency)
        self._issuer(order.agency)
        now = self._clock()
        row = UploadRow(
            id=self._randomness(ID_BYTES),
            owner=by,
            agency=order.agency,
            tender=order.tender,
            lot=order.lot,
            part=order.part,
            digest=order.digest,
            size=order.size,
            chunk_bytes=CHUNK_BYTES,
            opened_at=now,
            expires_at=now + LIFETIME_SECONDS,
        )
        found, is_new = self._store.open(row, self._limits)
        return UploadView(found, () if is_new else self._store.chunks(found.id), is_new)

    def get(self, upload: bytes, by: Address) -> UploadView:
        """Return an account's own upload; raise `BidUploadUnknown`."""
        row = self._store.get(upload, by, self._clock())
        return UploadView(row, self._store.chunks(upload))

    def expect(self, upload: bytes, number: int, by: Address) -> int:
        """Return how long a chunk has to be, before its body is read.

        Raises `BidUploadUnknown`, `BidUploadFinished`, `ChunkUnknown`.
        """
        row = self._store.get(upload, by, self._clock())
        if row.stored_at is not None:
            raise BidUploadFinished(upload)
        count = chunk_count(row)
        if not 0 <= number < count:
            raise ChunkUnknown(number, count)
        return min(row.chunk_bytes, row.size - number * row.chunk_bytes)

    def put(self, upload: bytes, number: int, content: bytes, digest: bytes, by: Address) -> None:
        """Keep a chunk; a second one of its number takes the first one's place.

        Raises:
            DigestMismatch: unless `digest` is the SHA-256 of `content`.
            ChunkSizeWrong: for another length than `expect` says.
            NotSealed: for a first chunk that does not begin as a sealed file.
            BidSpaceFull: when there is no room left.
            And as `expect`.
        """
        expected = self.expect(upload, number, by)
        if len(content) != expected:
            raise ChunkSizeWrong(expected, len(content))
        given = sha256(content).digest()
        if given != digest:
            raise DigestMismatch(digest, given)
        row = self._store.get(upload, by, self._clock())
        if number == 0:
            _require_sealed(content, row.size)
        self._store.require_room(len(content), self._limits)
        self._blobs.stage(upload, staged_name(number, given), content)
        self._store.add_chunk(row, ChunkRow(number, given, len(content)), self._clock())

    def complete(self, upload: bytes, by: Address) -> UploadView:
        """Put the file together, read all of it back, and sign for it; a repeat changes nothing.

        The receipt says how many replicas have it: one is enough, since a store that is down must
        not stop a bid at its deadline.

        Raises:
            BidUploadUnknown: see there.
            UploadIncomplete: while chunks are missing.
            DigestMismatch: when the chunks are not the file that was announced.
            NotSealed: when it is no sealed file.
            BlobsUnsound: when no store gives back the bytes that it took.
            SigningKeyMissing: when nobody here can sign; the file stays, ask again.
        """
        row = self._store.get(upload, by, self._clock())
        if row.stored_at is not None:
            return UploadView(row, ())
        chunks = self._store.chunks(upload)
        received = sum(chunk.size for chunk in chunks)
        if len(chunks) != chunk_count(row) or received != row.size:
            raise UploadIncomplete(received, row.size)
        try:
            self._blobs.keep(row.digest, lambda: self._staged(upload, chunks))
        except BlobUnknown:  # another request may have finished it meanwhile
            row = self._store.get(upload, by, self._clock())
            if row.stored_at is None:
                raise
            return UploadView(row, ())
        copies = self._sound_copies(row)
        issuer, now = self._issuer(row.agency), self._clock()
        receipt = Receipt(
            issuer=issuer.url,
            id=receipts.new_id(self._randomness),
            issued_at=now,
            digest=None,
            files=(StoredFile(row.digest, row.size, now, copies),),
            state=ReceiptState.STORED,
        )
        finished = self._store.finish(row, now, receipts.sign(receipt, issuer.signer))
        self._blobs.unstage(upload)
        return UploadView(finished, ())

    def _issuer(self, agency: AgencyId) -> Issuer:
        """Return who signs receipts for an agency; raise as `open`."""
        return self._issuers.for_decisions(agency)

    def _staged(self, upload: bytes, chunks: Sequence[ChunkRow]) -> Iterator[bytes]:
        for chunk in chunks:
            yield self._blobs.staged(upload, staged_name(chunk.number, chunk.digest))

    def _sound_copies(self, row: UploadRow) -> int:
        """Read every copy back whole, and return how many there are; forget what is not sealed.

        The chunks are staged still: the next try writes anew what is not as it was stored.
        """
        whole = self._blobs.whole(row.digest)
        if not whole:
            raise BlobsUnsound
        start = b""
        for piece in whole[0].store.read(row.digest):
            start += piece
            if len(start) >= age_header.MAX_HEADER_BYTES:
                break
        try:
            _require_sealed(start, row.size)
        except NotSealed:
            self._blobs.remove(row.digest)
            raise
        return len(whole)


class ExpiredUploads:
    """Forgets, once an hour, uploads that were never finished, and what kills left half done."""

    EVERY_SECONDS: Final = 3_600
    HALF_DONE_SECONDS: Final = 86_400
    """No write of a file lasts as long (proposed)."""

    def __init__(self, store: BidUploadStore, blobs: BlobStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._next = 0

    def step(self) -> int:
        """Forget when it is time; never counts as work that others must wait for."""
        now = self._clock()
        if not 0 < self._next - now <= self.EVERY_SECONDS:  # a clock that was ahead set it far off
            self._next = now + self.EVERY_SECONDS
            while expired := self._store.expired(now):
                for upload in expired:
                    self._blobs.unstage(upload)
                    self._store.forget(upload)
            self._blobs.sweep(now - self.HALF_DONE_SECONDS)
        return 0


def chunk_count(row: UploadRow) -> int:
    """Return in how many chunks a file comes."""
    return -(-row.size // row.chunk_bytes)


def staged_name(number: int, digest: bytes) -> str:
    """Return the name of a chunk: another content has another one, so rows and bytes agree."""
    return f"{number:05d}-{digest.hex()}"


def _require_sealed(start: bytes, size: int) -> None:
    """Raise `NotSealed` unless a file of `size` bytes begins as an age file with one recipient."""
    header = require_sealed(BytesIO(start))
    if size < header.size_bytes + age_header.NONCE_BYTES + age_header.TAG_BYTES:
        raise NotSealed
