"""Uploads of sealed files: what was declared, which chunks are here, and the receipt at the end.

The bytes lie in a `BlobStore`; a row is written after them, so what a row names is there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from api.store.bid_tables import bid_chunks, bid_uploads
from api.store.database import Database
from api.store.tender_tables import tender_papers
from api.store.upserts import upsert
from ledger.errors import Refused, Unavailable
from ledger.values import Address, AgencyId, Digest

FORGOTTEN_AT_ONCE: Final = 64
SETTLED_AT_ONCE: Final = 4_096
"""For so many files all bids are read once."""


@dataclass(eq=False)
class BidUploadUnknown(Refused):
    """There is no such upload, it has expired, or it is somebody else's."""

    upload: bytes


@dataclass(eq=False)
class BidUploadFinished(Refused):
    """The file is here whole already; its receipt is in the upload."""

    upload: bytes


@dataclass(eq=False)
class TooManyBidUploads(Refused):
    """The account has as many uploads under way as it may. Finish one, or wait for its end."""

    limit: int


@dataclass(eq=False)
class BidSpaceFull(Unavailable):
    """There is no room for another sealed file here at the moment. Try another service."""

    size: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk that is here."""

    number: int
    digest: bytes
    size: int


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload as stored; times in Unix seconds, sizes in bytes. `receipt` once it is whole.

    `tender`, `lot` and `part` are missing while nobody said of which bid the file is.
    """

    id: bytes
    owner: Address
    agency: AgencyId
    digest: Digest
    size: int
    chunk_bytes: int
    opened_at: int
    expires_at: int
    tender: bytes | None = None
    lot: int | None = None
    part: int | None = None
    stored_at: int | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Of which part of a bid for which lot a file is."""

    tender: bytes
    lot: int
    part: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How many uploads one account may have under way, and how many bytes may lie here in all.

    What was announced and never sent takes no room: announcing costs nothing.
    """

    most_open: int
    most_bytes: int


class BidUploadStore:
    """The uploads of sealed files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, row: UploadRow, limits: Limits) -> tuple[UploadRow, bool]:
        """Store an upload, or find the account's own of the same file; return it, and if it is new.

        Raises `TooManyBidUploads`, and `BidSpaceFull` where all files together would be too much.
        """
        with self._database.write() as connection:
            _hold(connection, row.digest)
            if (found := _same(connection, row)) is not None:
                return found, False
            _require_few(connection, row, limits.most_open)
            _require_room(connection, row.size, limits.most_bytes)
            connection.execute(insert(bid_uploads).values(_values(row)))
        return row, True

    def require_room(self, size: int, limits: Limits) -> None:
        """Raise `BidSpaceFull` unless so many bytes more may lie here."""
        with self._database.read() as connection:
            _require_room(connection, size, limits.most_bytes)

    def get(self, upload: bytes, owner: Address, now: int) -> UploadRow:
        """Return an account's own upload; raise `BidUploadUnknown`, also once it has expired."""
        with self._database.read() as connection:
            return _own(connection, upload, owner, now)

    def chunks(self, upload: bytes) -> tuple[ChunkRow, ...]:
        """Return the chunks that are here, in order."""
        query = select(bid_chunks).where(bid_chunks.c.upload == upload).order_by("number")
        with self._database.read() as connection:
            found = connection.execute(query).all()
        return tuple(ChunkRow(row.number, row.digest, row.size) for row in found)

    def add_chunk(self, row: UploadRow, chunk: ChunkRow, now: int) -> None:
        """Note a chunk that was staged, in place of an earlier one of that number.

        Raises `BidUploadUnknown` and `BidUploadFinished` as things stand by now.
        """
        values = {
            "upload": row.id,
            "number": chunk.number,
            "digest": chunk.digest,
            "size": chunk.size,
        }
        with self._database.write() as connection:
            if _own(connection, row.id, row.owner, now, locked=True).stored_at is not None:
                raise BidUploadFinished(row.id)
            upsert(connection, bid_chunks, [values])

    def finish(self, row: UploadRow, stored_at: int, receipt: str) -> UploadRow:
        """Keep the receipt of a file that is here whole; who comes second gets the first one's.

        An upload that expired while it was put together is finished all the same.
        """
        with self._database.write() as connection:
            found = _own(connection, row.id, row.owner, 0, locked=True)
            if found.stored_at is not None:
                return found
            mine = bid_uploads.c.id == row.id
            values = {"stored_at": stored_at, "receipt": receipt}
            connection.execute(update(bid_uploads).where(mine).values(values))
            connection.execute(delete(bid_chunks).where(bid_chunks.c.upload == row.id))
            return _own(connection, row.id, row.owner, 0)

    def expired(self, now: int) -> tuple[bytes, ...]:
        """Return uploads that ended before they were whole, some at a time."""
        query = (
            select(bid_uploads.c.id)
            .where(bid_uploads.c.expires_at <= now, bid_uploads.c.stored_at.is_(None))
            .limit(FORGOTTEN_AT_ONCE)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def forget(self, upload: bytes) -> None:
        """Forget an upload that is not whole, its chunks with it."""
        mine = (bid_uploads.c.id == upload) & bid_uploads.c.stored_at.is_(None)
        with self._database.write() as connection:
            if connection.execute(select(bid_uploads.c.id).where(mine).with_for_update()).first():
                connection.execute(delete(bid_chunks).where(bid_chunks.c.upload == upload))
                connection.execute(delete(bid_uploads).where(mine))

    def whole(self) -> Iterator[tuple[bytes, Digest]]:
        """Yield every upload that is whole with its file's digest, read some at a time."""
        last = b""
        while True:
            query = (
                select(bid_uploads.c.id, bid_uploads.c.digest)
                .where(bid_uploads.c.id > last, bid_uploads.c.stored_at.is_not(None))
                .order_by("id")
                .limit(SETTLED_AT_ONCE)
            )
            with self._database.read() as connection:
                rows = connection.execute(query).all()
            yield from ((row.id, Digest(row.digest)) for row in rows)
            if not rows:
                return
            last = rows[-1].id

    def unplaced(self, mailbox: AgencyId, before: int) -> tuple[UploadRow, ...]:
        """Return whole files of a mailbox that came before then, the oldest first, some at once.

        Those for which somebody has named a place are none of them.
        """
        query = (
            select(bid_uploads)
            .where(_IS_UNPLACED, bid_uploads.c.agency == mailbox, bid_uploads.c.stored_at < before)
            .order_by("stored_at", "id")
            .limit(SETTLED_AT_ONCE)
        )
        with self._database.read() as connection:
            return tuple(_row(found) for found in connection.execute(query))

    def mailboxes(self) -> tuple[AgencyId, ...]:
        """Return the agencies of whose mailboxes whole files lie here without a place."""
        query = select(bid_uploads.c.agency).where(_IS_UNPLACED).distinct().order_by("agency")
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def place(self, upload: bytes, at: FilePlace) -> None:
        """Note of which part of which bid a file is, now that a bid says so for all to see."""
        values = {"tender": at.tender, "lot": at.lot, "part": at.part}
        with self._database.write() as connection:
            mine = bid_uploads.c.id == upload
            connection.execute(update(bid_uploads).where(mine, _IS_UNPLACED).values(values))

    def forget_unplaced(self, row: UploadRow, remove: Callable[[Digest], None]) -> None:
        """Forget a whole file without a place; `remove` its bytes unless another row needs them.

        The bytes go before the transaction ends: whoever begins to send the same file waits for
        it, and after a crash the row is there still, to be forgotten again.
        """
        others = (
            select(bid_uploads.c.id).where(bid_uploads.c.digest == row.digest).limit(1),
            select(tender_papers.c.seq).where(tender_papers.c.digest == row.digest).limit(1),
        )
        with self._database.write() as connection:
            _hold(connection, row.digest)
            mine = bid_uploads.c.id == row.id
            connection.execute(delete(bid_uploads).where(mine, _IS_UNPLACED))
            if not any(connection.execute(query).first() for query in others):
                remove(row.digest)


_IS_UNPLACED: Final = bid_uploads.c.tender.is_(None) & bid_uploads.c.stored_at.is_not(None)


def _hold(connection: Connection, digest: bytes) -> None:
    """Hold uploads of a file as they are: nobody forgets it while one more of it begins."""
    same = select(bid_uploads.c.id).where(bid_uploads.c.digest == digest).order_by("id")
    connection.execute(same.with_for_update()).all()


def _same(connection: Connection, row: UploadRow) -> UploadRow | None:
    """Return an upload of the same account, file and place that was not lost."""
    same = [
        bid_uploads.c[name] == getattr(row, name)
        for name in ("owner", "digest", "size", "agency", "tender", "lot", "part")
    ]
    stands = (bid_uploads.c.expires_at > row.opened_at) | bid_uploads.c.stored_at.is_not(None)
    found = connection.execute(select(bid_uploads).where(*same, stands).limit(1)).first()
    return None if found is None else _row(found)


def _require_few(connection: Connection, row: UploadRow, most: int) -> None:
    is_open = bid_uploads.c.stored_at.is_(None) & (bid_uploads.c.expires_at > row.opened_at)
    mine = is_open & (bid_uploads.c.owner == row.owner)
    count = select(func.count()).select_from(bid_uploads).where(mine)
    if connection.execute(count).scalar_one() >= most:
        raise TooManyBidUploads(most)


def _require_room(connection: Connection, size: int, most: int) -> None:
    kept = select(func.coalesce(func.sum(bid_uploads.c.size), 0))
    stored = connection.execute(kept.where(bid_uploads.c.stored_at.is_not(None))).scalar_one()
    staged = connection.execute(select(func.coalesce(func.sum(bid_chunks.c.size), 0))).scalar_one()
    if int(stored) + int(staged) + size > most:
        raise BidSpaceFull(size)


def _own(
    connection: Connection, upload: bytes, owner: Address, now: int, *, locked: bool = False
) -> UploadRow:
    query = select(bid_uploads).where(bid_uploads.c.id == upload, bid_uploads.c.owner == owner)
    found = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if found is None or (found.stored_at is None and found.expires_at <= now):
        raise BidUploadUnknown(upload)
    return _row(found)


def _values(row: UploadRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in bid_uploads.columns}


def _row(found: Row[Any]) -> UploadRow:
    return UploadRow(**found._mapping)  # noqa: SLF001  # SQLAlchemy's documented way
