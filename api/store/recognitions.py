"""Agreements as the projection has them, and the documents that they name by SHA-256."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from api.store.authority_fold import every, in_order, where
from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.tables import domestic_policies, policies
from api.store.upserts import insert_once
from ledger import events
from ledger.agreements.agreement import Agreement, AgreementId, InForce, agreement_id
from ledger.agreements.history import agreements_of
from ledger.errors import Refused
from ledger.events import Event
from ledger.values import Address, JurisdictionId, RecordType

_ACTS: Final = (
    events.AgreementSigned,
    events.AgreementWithdrawn,
    events.AgreementCancelled,
    events.AgreementSuspended,
    events.SuspensionLifted,
    events.TerminationAnnounced,
)


@dataclass(eq=False)
class DomesticPolicyOutdated(Refused):
    """The jurisdiction has a policy of its own of that version, or a later one, already."""

    held: int


@dataclass(frozen=True, slots=True)
class DomesticRow:
    """Which policy a jurisdiction has for its own passes, and which supervisor said so."""

    jurisdiction: str
    version: int
    digest: bytes
    by: Address


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

    def in_force_at(
        self, source: JurisdictionId, target: JurisdictionId, record_type: RecordType, at: int
    ) -> InForce | None:
        """Return what is in force between two parties for a type at a time, None for nothing."""
        found = self.agreement(source, target, record_type)
        return None if found is None else found.in_force_at(at)

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

    def domestic(self, jurisdiction: str) -> DomesticRow | None:
        """Return a jurisdiction's latest policy for its own passes; None before the first."""
        with self._database.read() as connection:
            return _domestic(connection, jurisdiction)

    def keep_domestic(self, row: DomesticRow, document: bytes, now: int) -> bool:
        """Keep a jurisdiction's own policy; return whether it was new.

        Raises `DomesticPolicyOutdated` unless its version is the greatest so far.
        """
        with self._database.write() as connection:
            held = _domestic(connection, row.jurisdiction)
            if held is not None and held.digest == row.digest:
                return False
            if held is not None and held.version >= row.version:
                raise DomesticPolicyOutdated(held.version)
            kept = {"digest": row.digest, "document": document, "kept_at": now}
            insert_once(connection, policies, kept)
            told = {"account": row.by, "kept_at": now}
            values = {
                "jurisdiction": row.jurisdiction,
                "version": row.version,
                "digest": row.digest,
            }
            if not insert_once(connection, domestic_policies, values | told):
                raise DomesticPolicyOutdated(row.version)  # another was faster
        return True


def _domestic(connection: Connection, jurisdiction: str) -> DomesticRow | None:
    table = domestic_policies.c
    query = select(table.jurisdiction, table.version, table.digest, table.account)
    of_one = query.where(table.jurisdiction == jurisdiction)
    row = connection.execute(of_one.order_by(table.version.desc()).limit(1)).one_or_none()
    return None if row is None else DomesticRow(*row)


def _acts(connection: Connection, agreement: AgreementId) -> list[Event]:
    found: list[Event] = []
    for act in _ACTS:
        found += where(connection, act, EVENT_TABLES[act].c.agreement == agreement)
    return found


def _folded(happened: Iterable[Event]) -> dict[AgreementId, Agreement]:
    return agreements_of(in_order(list(happened)))
