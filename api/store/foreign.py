"""What an agency knows of others' codes: trust lists, revocation lists, and what it converted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES
from api.store.foreign_tables import (
    health_foreign_conversions,
    health_revocations,
    health_trust_lists,
)
from api.store.idempotency import Settlement, settle
from api.store.records import NOT_KEPT, RecordRow, insert_records
from api.store.tables import batches, records
from api.store.upserts import insert_once, upsert
from ledger import events
from ledger.errors import Refused
from ledger.health.hcert.trust import ListReplayed
from ledger.values import Address, AgencyId, Digest, RecordKind

_EVENT: Final = EVENT_TABLES[events.BatchAnchored]
_TURN_BYTES: Final = 8
_HEAD: Final = b""
"""Stands for no kid: the row that says of when all revocation lists are."""


@dataclass(eq=False)
class TransferSpent(Refused):
    """The transfer was converted already. Ask the home authority for a new one."""


@dataclass(frozen=True, slots=True)
class CodeSpending:
    """A code of another country that a conversion uses up until its passes have ended."""

    digest: Digest
    agency: AgencyId
    kid: bytes
    until: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class TrustRow:
    """A trust list as it was taken in, as the file of a gate bundle; times in Unix seconds."""

    agency: AgencyId
    source: str
    sequence: int
    content: bytes = field(repr=False)
    by: Address
    kept_at: int


@dataclass(frozen=True, slots=True)
class RevocationUpdate:
    """Revocation lists of some kids; what is not named stays, empty ones go."""

    agency: AgencyId
    sequence: int
    as_of: int
    lists: Mapping[bytes, bytes]
    by: Address
    kept_at: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """All revocation lists of an agency by kid, and how new they are."""

    sequence: int
    as_of: int
    lists: Mapping[bytes, bytes]


class ForeignStore:
    """Trust and revocation lists by agency."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def trust_lists(self, agency: AgencyId) -> tuple[TrustRow, ...]:
        """Return an agency's newest list of each source, by the name of the source."""
        table = health_trust_lists
        newest = (
            select(table.c.source, func.max(table.c.sequence).label("sequence"))
            .where(table.c.agency == agency)
            .group_by(table.c.source)
            .subquery()
        )
        is_newest = (table.c.source == newest.c.source) & (table.c.sequence == newest.c.sequence)
        query = select(table).join(newest, is_newest).where(table.c.agency == agency)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.source))
            return tuple(_trust_of(row) for row in rows)

    def keep_trust(
        self, row: TrustRow, after: int | None, settlement: Settlement | None = None
    ) -> bool:
        """Keep a list unless another one came after the one it was held against; return whether.

        `after`: the sequence of that one, None where its source had none.
        """
        table = health_trust_lists.c
        mine = (table.agency == row.agency) & (table.source == row.source)
        values = {
            "agency": row.agency,
            "source": row.source,
            "sequence": row.sequence,
            "content": row.content,
            "account": row.by,
            "kept_at": row.kept_at,
        }
        with self._database.write() as connection:
            if self._database.is_postgresql:  # SQLite has one writer at a time anyway
                turn = sha256(row.agency + row.source.encode()).digest()[:_TURN_BYTES]
                lock = func.pg_advisory_xact_lock(int.from_bytes(turn, signed=True))
                connection.execute(select(lock))
            newest = connection.execute(select(func.max(table.sequence)).where(mine)).scalar_one()
            if newest != after:
                return False
            settle(connection, settlement)
            connection.execute(insert(health_trust_lists).values(values))
        return True

    def revoked(self, agency: AgencyId) -> Revoked | None:
        """Return an agency's revocation lists; None before the first."""
        query = select(health_revocations).where(health_revocations.c.agency == agency)
        with self._database.read() as connection:
            rows = {bytes(row.kid): row for row in connection.execute(query)}
        head = rows.pop(_HEAD, None)
        if head is None:
            return None
        lists = {kid: bytes(row.content) for kid, row in sorted(rows.items())}
        return Revoked(head.sequence, head.as_of, lists)

    def keep_revoked(self, update: RevocationUpdate, settlement: Settlement | None = None) -> None:
        """Keep lists; raise `ListReplayed` unless their sequence is greater than the one held."""
        with self._database.write() as connection:
            settle(connection, settlement)
            head = _revocation(update, _HEAD, b"")
            # The row comes first: a lock on a row that is not there yet holds nobody off.
            if not insert_once(connection, health_revocations, head):
                held = _held_sequence(connection, update.agency)
                if update.sequence <= held:
                    raise ListReplayed(held, update.sequence)
            rows = [head, *(_revocation(update, *each) for each in update.lists.items())]
            upsert(connection, health_revocations, rows)
            table = health_revocations.c
            empty = (table.agency == update.agency) & (table.content == b"") & (table.kid != _HEAD)
            connection.execute(delete(health_revocations).where(empty))

    def converted(
        self, agencies: Collection[AgencyId], kids: Collection[bytes]
    ) -> Mapping[Digest, int]:
        """Return the codes under some kids that agencies converted, and their anchors' block times.

        Those that wait for their anchor are left out.
        """
        table = health_foreign_conversions
        anchored = (_EVENT.c.agency == batches.c.agency) & (_EVENT.c.root == batches.c.root)
        query = (
            select(table.c.digest, _EVENT.c.block_time)
            .join(records, records.c.digest == table.c.digest)
            .join(batches, batches.c.seq == records.c.batch)
            .join(_EVENT, anchored)
            .where(table.c.kid.in_(kids), table.c.agency.in_(agencies))
        )
        if not kids:
            return {}
        with self._database.read() as connection:
            return {Digest(digest): time for digest, time in connection.execute(query)}


def spend_code(connection: Connection, spending: CodeSpending, at: int) -> None:
    """Let a code have been converted, as part of a transaction; raise `TransferSpent`.

    The first time it waits to be anchored. It is good again when what it was good for has ended.
    """
    row = {
        "digest": spending.digest,
        "agency": spending.agency,
        "kid": spending.kid,
        "converted_until": spending.until,
        "expires_at": spending.expires_at,
    }
    kind = RecordKind.HEALTH_TRANSFER
    table = health_foreign_conversions
    again = update(table).where(table.c.digest == spending.digest, table.c.converted_until <= at)
    if connection.execute(again.values(row)).rowcount == 1:
        return
    held = select(table.c.digest).where(table.c.digest == spending.digest)
    if connection.execute(held).first() is not None:
        raise TransferSpent
    insert_records(connection, [RecordRow(spending.digest, spending.agency, kind, NOT_KEPT, at)])
    if not insert_once(connection, table, row):
        raise TransferSpent


def forget_codes(connection: Connection, now: int) -> int:
    """Forget the codes that have expired; their digests stay where they were anchored."""
    table = health_foreign_conversions
    old = delete(table).where(table.c.expires_at <= now)
    return connection.execute(old).rowcount


def _held_sequence(connection: Connection, agency: AgencyId) -> int:
    """The sequence held, which stays so until the transaction ends."""
    table = health_revocations.c
    query = select(table.sequence).where(table.agency == agency, table.kid == _HEAD)
    return int(connection.execute(query.with_for_update()).scalar_one())


def _revocation(update: RevocationUpdate, kid: bytes, content: bytes) -> dict[str, Any]:
    return {
        "agency": update.agency,
        "kid": kid,
        "sequence": update.sequence,
        "as_of": update.as_of,
        "content": content,
        "account": update.by,
        "kept_at": update.kept_at,
    }


def _trust_of(row: Row[Any]) -> TrustRow:
    content = bytes(row.content)
    return TrustRow(row.agency, row.source, row.sequence, content, row.account, row.kept_at)
