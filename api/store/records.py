"""Signed documents of every kind, and what waits to be anchored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from api.store.appends import insert_group
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.tables import records
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, RecordKind

NOT_KEPT: Final = ""
"""Stands for a health document in `records`: its digest is kept, and nothing of what it says."""
_COLUMNS: Final = ("digest", "agency", "kind", "document", "issued_at")


@dataclass(eq=False)
class RecordUnknown(Refused):
    """No record with this digest was issued here."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A signed document as stored; `issued_at` in Unix seconds."""

    digest: Digest
    agency: AgencyId
    kind: RecordKind
    document: str = field(repr=False)
    issued_at: int


class RecordStore:
    """The documents by digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[RecordRow], settlement: Settlement | None = None) -> None:
        """Store documents that are no licences (decisions, approvals); anchoring takes it on.

        The answer that is kept for a repeat goes with them; raise `RequestInFlight` where it was
        given meanwhile.
        """
        with self._database.write() as connection:
            settle(connection, settlement)
            insert_records(connection, rows)

    def get(self, digest: Digest) -> RecordRow:
        """Return a record; raise `RecordUnknown`."""
        columns = (
            records.c.digest,
            records.c.agency,
            records.c.kind,
            records.c.document,
            records.c.issued_at,
        )
        with self._database.read() as connection:
            row = connection.execute(
                select(*columns).where(records.c.digest == digest)
            ).one_or_none()
        if row is None:
            raise RecordUnknown(digest)
        digest_, agency, kind, document, issued_at = row
        return RecordRow(digest_, agency, RecordKind(kind), document, issued_at)


def insert_records(connection: Connection, rows: Sequence[RecordRow]) -> None:
    """Insert records as part of a caller's transaction; each waits to be anchored from then on."""
    values = [(r.digest, r.agency, int(r.kind), r.document, r.issued_at) for r in rows]
    insert_group(connection, records, _COLUMNS, values)
