"""Agreements as the projection has them, and the documents that they name by SHA-256."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select

from api.store.authority_fold import every, in_order, where
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.tables import policies
from api.store.upserts import insert_once
from ledger import events
from ledger.events import Event
from ledger.health.agreement_history import agreements_of
from ledger.health.agreements import Agreement, AgreementId, agreement_id
from ledger.values import JurisdictionId, RecordType

_ACTS: Final = (
    events.AgreementSigned,
    events.AgreementWithdrawn,
    events.AgreementCancelled,
    events.AgreementSuspended,
    events.SuspensionLifted,
    events.TerminationAnnounced,
)


class RecognitionStore:
    """Agreements by their parties, documents by their digests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def agreement(
        self, source: JurisdictionId, target: JurisdictionId, record_type: RecordType
    ) -> Agreement | None:
        """Return an agreement with all its versions; None where none was ever proposed."""
        id_ = agreement_id(source, target, record_type)
        table = EVENT_TABLES[events.AgreementProposed].c
        parties = (table.from_ == source, table.to == target, table.record_type == record_type)
        with self._database.read() as connection:
            proposed = where(connection, events.AgreementProposed, *parties)
            return _folded([*proposed, *_acts(connection, id_)]).get(id_)

    def agreements(self) -> tuple[Agreement, ...]:
        """Return all agreements, in order of their first proposals."""
        with self._database.read() as connection:
            happened: list[Event] = list(every(connection, events.AgreementProposed))
            for act in _ACTS:
                happened += every(connection, act)
        return tuple(_folded(happened).values())

    def document(self, digest: bytes) -> bytes | None:
        """Return the document with this SHA-256; None where it is not at hand."""
        query = select(policies.c.document).where(policies.c.digest == digest)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep(self, digest: bytes, document: bytes, now: int) -> bool:
        """Keep a document, by its SHA-256; return whether it was new."""
        row = {"digest": digest, "document": document, "kept_at": now}
        with self._database.write() as connection:
            return insert_once(connection, policies, row)


def _acts(connection: Connection, agreement: AgreementId) -> list[Event]:
    found: list[Event] = []
    for act in _ACTS:
        found += where(connection, act, EVENT_TABLES[act].c.agreement == agreement)
    return found


def _folded(happened: Iterable[Event]) -> dict[AgreementId, Agreement]:
    return agreements_of(in_order(list(happened)))
