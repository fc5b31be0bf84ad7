"""The scan log as stored: rows as the gate wrote them, erased when it is time, receipts for that.

An erased scan keeps its place, so that a row which comes again is not kept again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.store.appends import insert_group
from api.store.database import Database
from api.store.gate_tables import health_appeals, health_erasures, health_scans
from api.store.idempotency import Settlement, settle
from api.store.lookups import chunks, rows_by
from api.store.records import NOT_KEPT, RecordRow, insert_records
from api.store.tables import records
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, KeyId, RecordKind

_COLUMNS: Final = ("digest", "agency", "number", "checkpoint", "key", "row", "erase_at")


@dataclass(eq=False)
class ScanUnknown(Refused):
    """No scan has this number."""

    number: str


@dataclass(eq=False)
class ScanErased(Refused):
    """The scan was erased; `erasure` is the id of the receipt."""

    number: str
    erasure: bytes


@dataclass(eq=False)
class ScanSpent(Refused):
    """The scan let somebody into a trip already; each lets in one."""

    number: str


@dataclass(eq=False)
class ScanTaken(Refused):
    """These bytes are a record of another agency, or of another kind."""

    digest: bytes


@dataclass(eq=False)
class ErasureUnknown(Refused):
    """No erasure has this id."""

    erasure: bytes


@dataclass(frozen=True, slots=True)
class ScanEntry:
    """A scan as stored, until `erase_at` in Unix seconds; `row` as the gate wrote it."""

    digest: Digest
    agency: AgencyId
    number: str
    checkpoint: str
    key: bytes | None
    row: bytes = field(repr=False)
    erase_at: int


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A receipt; `signature` and the key it is by are None until the agency's key is at hand."""

    id: bytes
    agency: AgencyId
    receipt: bytes
    signature: bytes | None = None
    key_id: KeyId | None = None


Receipts = Callable[[AgencyId, Sequence[Digest]], ErasureRow]
"""Writes the receipt for scans, or events of trips, of one agency that are erased together."""


class ScanStore:
    """The scans that gates sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, entries: Sequence[ScanEntry], at: int, settlement: Settlement | None = None
    ) -> int:
        """Store scans that are not there yet, all of one agency; return how many were new.

        Each waits to be anchored from then on. Raises `ScanTaken`, and `RequestInFlight` when the
        request was answered meanwhile.
        """
        try:
            return self._add(entries, at, settlement)
        except (IntegrityError, self._database.driver.IntegrityError):
            # Another process kept some of them after they were looked for: now they are known.
            return self._add(entries, at, settlement)

    def _add(self, entries: Sequence[ScanEntry], at: int, settlement: Settlement | None) -> int:
        with self._database.write() as connection:
            settle(connection, settlement)
            known = _known(connection, entries)
            new = {each.digest: each for each in entries if each.digest not in known}
            kind = RecordKind.HEALTH_SCAN
            rows = [RecordRow(e.digest, e.agency, kind, NOT_KEPT, at) for e in new.values()]
            insert_records(connection, rows)
            insert_group(connection, health_scans, _COLUMNS, [_values(e) for e in new.values()])
        return len(new)

    def get(self, number: str) -> ScanEntry:
        """Return a scan by its number; raise `ScanUnknown` or `ScanErased`."""
        query = select(health_scans).where(health_scans.c.number == number)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ScanUnknown(number)
        if row.erasure is not None:
            raise ScanErased(number, row.erasure)
        return entry_of(row)

    def erase_due(self, now: int, most: int, receipts: Receipts) -> int:
        """Erase at most so many scans that are due, with a receipt an agency; return how many.

        A scan waits for the answer to its appeal, which goes with it.
        """
        is_open = exists().where(
            health_appeals.c.scan == health_scans.c.digest, health_appeals.c.answer.is_(None)
        )
        query = (
            select(health_scans.c.agency, health_scans.c.digest)
            .where(health_scans.c.erase_at <= now, health_scans.c.erasure.is_(None))
            .where(~is_open)
            .order_by(health_scans.c.erase_at, health_scans.c.seq)
            .limit(most)
        )
        with self._database.write() as connection:
            due: dict[AgencyId, list[Digest]] = {}
            for agency, digest in connection.execute(query.with_for_update(skip_locked=True)):
                due.setdefault(agency, []).append(digest)
            for agency, digests in due.items():
                _erase(connection, receipts(agency, digests), digests)
        return sum(map(len, due.values()))

    def erasure(self, erasure: bytes) -> ErasureRow:
        """Return a receipt by its id; raise `ErasureUnknown`."""
        query = select(health_erasures).where(health_erasures.c.id == erasure)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ErasureUnknown(erasure)
        return ErasureRow(*row)

    def unsigned(self, most: int) -> tuple[ErasureRow, ...]:
        """Return at most so many receipts that wait for a signature."""
        query = select(health_erasures).where(health_erasures.c.signature.is_(None)).limit(most)
        with self._database.read() as connection:
            return tuple(ErasureRow(*row) for row in connection.execute(query))

    def sign(self, erasure: bytes, signature: bytes, key_id: KeyId) -> None:
        """Store the signature of a receipt that has none."""
        where = (health_erasures.c.id == erasure) & health_erasures.c.signature.is_(None)
        with self._database.write() as connection:
            connection.execute(
                update(health_erasures).where(where).values(signature=signature, key_id=key_id)
            )


def _known(connection: Connection, entries: Sequence[ScanEntry]) -> set[Digest]:
    """Return the digests that are there already, as scans of the same agency."""
    query = select(records.c.digest, records.c.agency, records.c.kind)
    agencies = {each.digest: each.agency for each in entries}
    known: set[Digest] = set()
    for row in rows_by(connection, query, records.c.digest, agencies):
        if (row.agency, row.kind) != (agencies[row.digest], int(RecordKind.HEALTH_SCAN)):
            raise ScanTaken(row.digest)
        known.add(row.digest)
    return known


def spend_scan(connection: Connection, number: str) -> None:
    """Spend a scan as part of a caller's transaction; raise `ScanSpent` where it was before."""
    scan = health_scans.c
    unspent = update(health_scans).where(scan.number == number, ~scan.is_spent)
    if connection.execute(unspent.values(is_spent=True)).rowcount != 1:
        raise ScanSpent(number)


def insert_erasure(connection: Connection, receipt: ErasureRow) -> None:
    """Insert a receipt as part of a caller's transaction."""
    values = (receipt.id, receipt.agency, receipt.receipt, receipt.signature, receipt.key_id)
    row = dict(zip(health_erasures.c.keys(), values, strict=True))
    connection.execute(insert(health_erasures).values(row))


def _erase(connection: Connection, receipt: ErasureRow, digests: Sequence[Digest]) -> None:
    insert_erasure(connection, receipt)
    gone = {"checkpoint": None, "key": None, "row": None, "erasure": receipt.id}
    for some in chunks(digests):
        theirs = health_scans.c.digest.in_(some)
        connection.execute(update(health_scans).where(theirs).values(gone))
        connection.execute(delete(health_appeals).where(health_appeals.c.scan.in_(some)))


def _values(entry: ScanEntry) -> tuple[Any, ...]:
    return (
        *(entry.digest, entry.agency, entry.number, entry.checkpoint, entry.key, entry.row),
        entry.erase_at,
    )


def entry_of(row: Row[Any]) -> ScanEntry:
    """Return the scan that a row of `health_scans` is, one that was not erased."""
    return ScanEntry(
        *(row.digest, row.agency, row.number, row.checkpoint, row.key, row.row, row.erase_at)
    )
