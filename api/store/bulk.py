"""Many licences in one transaction: stored, in a closed batch, and the job's checkpoint with them.

The records are inserted with batch and leaf: to insert them first and close the batch afterwards
would write every row twice. Rows go to the driver as they are (SQLite) or by COPY (PostgreSQL):
SQLAlchemy's own way of many rows takes twice as long.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.store.appends import insert_many
from api.store.batches import Sealed, add_batch
from api.store.database import Database
from api.store.indices import count_used, taken_indices
from api.store.jobs import JobRow
from api.store.lookups import present
from api.store.made import Made
from api.store.outbox import add_intents
from api.store.tables import licences, records
from api.store.turns import add_result, keep_turn
from ledger.errors import LedgerError
from ledger.values import AgencyId, RecordKind

_RECORDS: Final = ("digest", "agency", "kind", "document", "issued_at", "batch", "leaf_index")
_LICENCES: Final = (
    "digest",
    "agency",
    "type_id",
    "licence_id",
    "serial",
    "version",
    "external_id",
    "list",
    "idx",
    "nbf",
    "exp",
    "holder_name",
)
_FIRST_VERSION: Final = 1
_CACHE_KIB: Final = 32_768
"""SQLite's page cache while a batch is stored. Digests and status places fall all over their
indices: with the 2 MB that it has by itself a row cost twice as much after 100,000 others."""


class RowsClash(LedgerError):
    """Others took status places or external ids meanwhile; what they took is named."""

    def __init__(self, places: frozenset[tuple[int, int]], external_ids: frozenset[str]) -> None:
        super().__init__()
        self.places = places
        self.external_ids = external_ids


@dataclass(frozen=True, slots=True)
class BulkBatch:
    """Rows of a job that go through together: `made` in leaf order, and `repeated` ones.

    `sealed` is root and intent of what is made, None where nothing is.
    """

    made: Sequence[Made]
    repeated: int
    sealed: Sealed | None
    result: str
    closed_at: int


class BulkStore:
    """Stores the licences of a job, and knows which names are taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, turn: JobRow, batch: BulkBatch, until: int) -> JobRow:
        """Store a batch with the checkpoint, all or nothing; return the job as it is now.

        Raises:
            TurnLost, CancelAsked: when the turn is over.
            RowsClash: when some of it belongs to somebody else by now.
        """
        issued, repeated = turn.issued + len(batch.made), turn.repeated + batch.repeated
        checkpoint = {"issued": issued, "repeated": repeated, "tries": 0, "claimed_until": until}
        try:
            with self._database.write() as connection:
                if not self._database.is_postgresql:
                    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
                keep_turn(connection, turn, **checkpoint)
                if batch.sealed is not None:
                    _insert(connection, turn, batch, batch.sealed)
                add_result(connection, turn.id, batch.result)
        except (IntegrityError, self._database.driver.IntegrityError) as exc:
            raise self._clash(turn, batch.made) from exc
        return replace(turn, issued=issued, repeated=repeated, tries=0)

    def taken_ids(self, agency: AgencyId, ids: Collection[str]) -> set[str]:
        """Return those of `ids` under which the agency issued something; reads the index alone."""
        with self._database.read() as connection:
            return _taken_ids(connection, agency, ids)

    def _clash(self, turn: JobRow, made: Sequence[Made]) -> RowsClash:
        ids = [row.external_id for row in made if row.external_id is not None]
        places: defaultdict[int, list[int]] = defaultdict(list)
        for row in made:
            places[row.list].append(row.idx)
        with self._database.read() as connection:
            taken = {
                (list_, index)
                for list_, indices in places.items()
                for index in taken_indices(connection, turn.agency, list_, indices)
            }
            return RowsClash(frozenset(taken), frozenset(_taken_ids(connection, turn.agency, ids)))


def _insert(connection: Connection, turn: JobRow, batch: BulkBatch, sealed: Sealed) -> None:
    agency, kind = turn.agency, int(RecordKind.LICENCE)
    add_intents(connection, [sealed.intent])
    values = {
        "agency": agency,
        "kind": kind,
        "root": sealed.root,
        "size": len(batch.made),
        "closed_at": batch.closed_at,
        "intent": sealed.intent.id,
    }
    number = add_batch(connection, values, sealed.crown)
    rows = (
        (m.digest, agency, kind, m.document, m.issued_at, number, leaf)
        for leaf, m in enumerate(batch.made)
    )
    insert_many(connection, records, _RECORDS, rows)
    more = (
        (
            m.digest,
            agency,
            turn.type_id,
            m.licence_id,
            m.serial,
            _FIRST_VERSION,
            m.external_id,
            m.list,
            m.idx,
            m.nbf,
            m.exp,
            m.holder_name,
        )
        for m in batch.made
    )
    insert_many(connection, licences, _LICENCES, more)
    lists = Counter(m.list for m in batch.made)
    count_used(connection, [(agency, list_) for list_ in lists.elements()])


def _taken_ids(connection: Connection, agency: AgencyId, ids: Collection[str]) -> set[str]:
    return present(connection, licences.c.external_id, {"agency": agency}, ids)
