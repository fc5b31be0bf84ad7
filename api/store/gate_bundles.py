"""Gate bundles as they were signed: manifests by agency and sequence, files by SHA-256.

Every process of the service gives out what any of them made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, delete, select

from api.store.database import Database
from api.store.gate_tables import gate_files, gate_manifests
from api.store.upserts import insert_once, upsert
from ledger.errors import Refused
from ledger.values import AgencyId, Digest

KEPT_SECONDS: Final = 3_600
"""How long a file is kept that no new manifest names, so that a gate may end what it began."""


@dataclass(eq=False)
class GateFileUnknown(Refused):
    """No gate bundle of the last hour has a file with this SHA-256."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A signed manifest; `made_at` in Unix seconds."""

    agency: AgencyId
    sequence: int
    made_at: int
    document: bytes = field(repr=False)


class GateBundleStore:
    """The gate bundles made here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, agency: AgencyId) -> ManifestRow | None:
        """Return an agency's manifest of the highest sequence; None before the first."""
        query = (
            select(gate_manifests)
            .where(gate_manifests.c.agency == agency)
            .order_by(gate_manifests.c.sequence.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _manifest_of(row)

    def file(self, digest: Digest) -> bytes:
        """Return a file; raise `GateFileUnknown`."""
        query = select(gate_files.c.content).where(gate_files.c.digest == digest)
        with self._database.read() as connection:
            content = connection.execute(query).scalar_one_or_none()
        if content is None:
            raise GateFileUnknown(digest)
        return bytes(content)

    def add(self, row: ManifestRow, files: Mapping[Digest, bytes]) -> bool:
        """Store a bundle, and forget what is of no use any more.

        False, and nothing stored, where another process made one of this sequence.
        """
        old = row.made_at - KEPT_SECONDS
        named = [
            {"digest": digest, "content": content, "named_at": row.made_at}
            for digest, content in files.items()
        ]
        manifest = {
            "agency": row.agency,
            "sequence": row.sequence,
            "made_at": row.made_at,
            "document": row.document,
        }
        with self._database.write() as connection:
            if not insert_once(connection, gate_manifests, manifest):
                return False
            upsert(connection, gate_files, named)
            connection.execute(
                delete(gate_manifests)
                .where(gate_manifests.c.agency == row.agency)
                .where(gate_manifests.c.sequence < row.sequence)
                .where(gate_manifests.c.made_at < old)
            )
            connection.execute(delete(gate_files).where(gate_files.c.named_at < old))
        return True


def _manifest_of(row: Row[Any]) -> ManifestRow:
    return ManifestRow(row.agency, row.sequence, row.made_at, bytes(row.document))
