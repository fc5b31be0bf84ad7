"""Transfers issued here: digest and place in a status list, and nothing of whom they are about."""

from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from api.store.database import Database
from api.store.health_passes import PassRow
from api.store.health_tables import health_transfers
from api.store.idempotency import Settlement, settle
from api.store.indices import count_used
from api.store.licences import IndexTaken
from api.store.records import NOT_KEPT, RecordRow, RecordUnknown, insert_records
from ledger.values import Digest, RecordKind

_KIND: Final = RecordKind.HEALTH_TRANSFER


class TransferStore:
    """The transfers signed here; each stands in a list as a pass does, and is no holder's row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: PassRow, settlement: Settlement | None = None) -> None:
        """Store a transfer, whose digest waits to be anchored.

        Raises `IndexTaken` for a place in use, and `RequestInFlight` when the request was answered
        meanwhile.
        """
        values = {
            "digest": row.digest,
            "agency": row.agency,
            "list": row.list,
            "idx": row.index,
            "issued_at": row.nbf,
            "expires_at": row.exp,
        }
        try:
            with self._database.write() as connection:
                settle(connection, settlement)
                record = RecordRow(row.digest, row.agency, _KIND, NOT_KEPT, row.nbf)
                insert_records(connection, [record])
                connection.execute(insert(health_transfers).values(values))
                count_used(connection, [(row.agency, row.list)])
        except (IntegrityError, self._database.driver.IntegrityError) as exc:
            raise IndexTaken(((row.list, row.index),)) from exc

    def get(self, digest: Digest) -> PassRow:
        """Return a transfer's place and times; raise `RecordUnknown`."""
        query = select(health_transfers).where(health_transfers.c.digest == digest)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RecordUnknown(digest)
        place = (row.list, row.idx)
        return PassRow(row.digest, row.agency, *place, row.issued_at, row.expires_at, None)
