"""What the audit reads: one database as of one moment, in orders that two databases share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Subquery, func, select, union_all

from api.store.custody_tables import custody_events, custody_trips
from api.store.database import Database
from api.store.event_tables import CHAIN_TABLES, EVENT_TABLES
from api.store.foreign_tables import health_trust_lists
from api.store.gate_tables import health_scans
from api.store.health_tables import health_passes, health_transfers
from api.store.lists import TokenRow
from api.store.mailbox_tables import mailbox_messages, mailbox_roots
from api.store.mailboxes import leaves_of
from api.store.tables import (
    batches,
    crowns,
    licences,
    list_tokens,
    lists,
    policies,
    projected_blocks,
    records,
    status_words,
)
from api.store.tender_marks import tender_marks
from ledger.events import BatchAnchored, StatusChanged
from ledger.projection import Header
from ledger.status_list import changed
from ledger.values import AgencyId, Digest, RecordKind, Root, Status

ROWS_A_READ = 1_000


@dataclass(frozen=True, slots=True)
class AuditedBatch:
    """A closed batch, its leaves, (index, digest) in order of index, and its crown's nodes."""

    id: int
    agency: AgencyId
    kind: int
    root: Root
    size: int
    leaves: tuple[tuple[int, Digest], ...]
    crown: bytes | None


@dataclass(frozen=True, slots=True)
class AuditedMailbox:
    """A closed mailbox: its leaves in order, and its messages, (index, leaf data)."""

    agency: AgencyId
    root: Root
    leaves: tuple[Digest, ...]
    messages: tuple[tuple[int, Digest], ...]


@dataclass(frozen=True, slots=True)
class AuditedTrip:
    """A trip that is not erased: its events, (digest, document) in order, and the state kept."""

    id: bytes
    state: str
    events: tuple[tuple[Digest, bytes], ...]


@dataclass(frozen=True, slots=True)
class AuditedScan:
    """A row of a scan log that is kept, in a closed batch; `anchored_at` None before its block."""

    digest: Digest
    row: bytes
    root: Root
    anchored_at: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records there are: issued, in a batch, and licences among them by two ways."""

    issued: int
    batched: int
    licence_records: int
    licences: int


class AuditView:
    """One database as of one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cursor(self) -> Header | None:
        """Return the projection's cursor."""
        newest = select(projected_blocks).order_by(projected_blocks.c.block.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else Header(row.block, row.hash, row.time)

    def event_tables(self) -> tuple[str, ...]:
        """Return the names of the event tables."""
        return tuple(table.name for table in CHAIN_TABLES)

    def events(self, name: str) -> Iterator[tuple[Any, ...]]:
        """Yield an event table's rows in chain order."""
        (table,) = (table for table in CHAIN_TABLES if table.name == name)
        query = select(table).order_by(table.c.block, table.c.log_index)
        for row in self._in_pieces(query):
            yield tuple(row)

    def words(self) -> Iterator[tuple[Any, ...]]:
        """Yield the derived status words: agency, list, word, value."""
        key = (status_words.c.agency, status_words.c.list, status_words.c.word)
        query = select(*key, status_words.c.value).order_by(*key)
        for row in self._in_pieces(query):
            yield tuple(row)

    def marks(self) -> Iterator[tuple[Any, ...]]:
        """Yield the derived marks of tenders: tender, block, block hash, log index."""
        for row in self._in_pieces(select(tender_marks).order_by(tender_marks.c.tender)):
            yield tuple(row)

    def batches(self) -> Iterator[AuditedBatch]:
        """Yield the batches in the order they were closed."""
        closed = select(batches, crowns.c.nodes).outerjoin(crowns).order_by(batches.c.seq)
        for row in self._connection.execute(closed).all():
            leaves = (
                select(records.c.leaf_index, records.c.digest)
                .where(records.c.batch == row.seq)
                .order_by(records.c.leaf_index)
            )
            found = tuple((index, digest) for index, digest in self._connection.execute(leaves))
            given = (row.seq, row.agency, row.kind, row.root, row.size, found, row.nodes)
            yield AuditedBatch(*given)

    def anchors(self, agency: AgencyId, root: Root) -> tuple[tuple[int, int], ...]:
        """Return kind and size of every anchor of a root by an agency."""
        table = EVENT_TABLES[BatchAnchored]
        query = select(table.c.kind, table.c.size).where(
            table.c.agency == agency, table.c.root == root
        )
        return tuple((kind, size) for kind, size in self._connection.execute(query))

    def roots(self) -> set[tuple[AgencyId, Root]]:
        """Return agency and root of every closed batch and mailbox."""
        both = (select(each.c.agency, each.c.root) for each in (batches, mailbox_roots))
        return {(row.agency, row.root) for query in both for row in self._in_pieces(query)}

    def mailboxes(self) -> Iterator[AuditedMailbox]:
        """Yield the mailboxes in the order they were closed."""
        placed: dict[int, list[tuple[int, Digest]]] = {}
        columns = mailbox_messages.c
        for root, index, leaf in self._connection.execute(
            select(columns.root, columns.leaf_index, columns.leaf).where(columns.root.is_not(None))
        ):
            placed.setdefault(root, []).append((index, leaf))
        for row in self._in_pieces(select(mailbox_roots).order_by(mailbox_roots.c.seq)):
            found = tuple(placed.get(row.seq, ()))
            yield AuditedMailbox(row.agency, row.root, leaves_of(row.leaves), found)

    def anchored(self) -> Iterator[tuple[AgencyId, Root]]:
        """Yield agency and root of every anchor, in chain order."""
        table = EVENT_TABLES[BatchAnchored]
        query = select(table.c.agency, table.c.root).order_by(table.c.block, table.c.log_index)
        for row in self._in_pieces(query):
            yield row.agency, row.root

    def counts(self) -> Counts:
        """Count the records."""
        of_licences = records.c.kind == int(RecordKind.LICENCE)
        return Counts(
            self._count(select(func.count()).select_from(records)),
            self._count(select(func.count()).where(records.c.batch.is_not(None))),
            self._count(select(func.count()).where(of_licences)),
            self._count(select(func.count()).select_from(licences)),
        )

    def documents(self) -> Iterator[tuple[Digest, str]]:
        """Yield digest and document of every record that is kept whole (health codes are not)."""
        kept = records.c.document != ""
        query = select(records.c.digest, records.c.document).where(kept).order_by(records.c.seq)
        for row in self._in_pieces(query):
            yield row.digest, row.document

    def trips(self) -> Iterator[AuditedTrip]:
        """Yield the trips that are kept, in the order they were opened."""
        columns = custody_events.c
        for row in self._in_pieces(select(custody_trips).order_by(custody_trips.c.seq)):
            events = select(columns.digest, columns.document).where(columns.trip == row.id)
            found = self._connection.execute(events.order_by(columns.seq))
            yield AuditedTrip(row.id, row.state, tuple((d, document) for d, document in found))

    def scans(self) -> Iterator[AuditedScan]:
        """Yield the rows of scan logs that are kept and in a batch, in the order of batches."""
        anchor = EVENT_TABLES[BatchAnchored].c
        is_anchor = (anchor.agency == batches.c.agency) & (anchor.root == batches.c.root)
        query = (
            select(health_scans.c.digest, health_scans.c.row, batches.c.root, anchor.block_time)
            .join(records, records.c.digest == health_scans.c.digest)
            .join(batches, batches.c.seq == records.c.batch)
            .outerjoin(EVENT_TABLES[BatchAnchored], is_anchor)
            .where(health_scans.c.row.is_not(None))
            .order_by(batches.c.seq, health_scans.c.seq)
        )
        for row in self._in_pieces(query):
            yield AuditedScan(row.digest, row.row, row.root, row.block_time)

    def policy(self, digest: bytes) -> bytes | None:
        """Return a document of agreements by its digest, None where it is not kept."""
        query = select(policies.c.document).where(policies.c.digest == digest)
        return self._connection.execute(query).scalar_one_or_none()

    def kept_policies(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield digest and bytes of every document of agreements."""
        query = select(policies.c.digest, policies.c.document).order_by(policies.c.digest)
        for row in self._in_pieces(query):
            yield row.digest, row.document

    def trust_lists(self) -> Iterator[tuple[AgencyId, str, int, bytes]]:
        """Yield agency, source, sequence and content of every trust list, the older ones first."""
        columns = health_trust_lists.c
        key = (columns.agency, columns.source, columns.sequence)
        for row in self._in_pieces(select(*key, columns.content).order_by(*key)):
            yield row.agency, row.source, row.sequence, row.content

    def doubled_indices(self) -> int:
        """Count status list places that more than one document holds."""
        taken = _places()
        place = (taken.c.agency, taken.c.list, taken.c.idx)
        doubled = select(*place).group_by(*place).having(func.count() > 1).subquery()
        return self._count(select(func.count()).select_from(doubled))

    def miscounted_lists(self) -> int:
        """Count status lists whose number of taken entries is not what they say."""
        places = _places()
        taken = (
            select(places.c.agency, places.c.list, func.count().label("taken"))
            .group_by(places.c.agency, places.c.list)
            .subquery()
        )
        query = (
            select(func.count())
            .select_from(lists)
            .outerjoin(taken, (taken.c.agency == lists.c.agency) & (taken.c.list == lists.c.list))
            .where(lists.c.used != func.coalesce(taken.c.taken, 0))
        )
        return self._count(query)

    def newest_tokens(self) -> tuple[TokenRow, ...]:
        """Return the newest token of every list."""
        newest = (
            select(
                list_tokens.c.agency,
                list_tokens.c.list,
                func.max(list_tokens.c.issued_at).label("issued_at"),
            )
            .group_by(list_tokens.c.agency, list_tokens.c.list)
            .subquery()
        )
        query = select(list_tokens).join(
            newest,
            (newest.c.agency == list_tokens.c.agency)
            & (newest.c.list == list_tokens.c.list)
            & (newest.c.issued_at == list_tokens.c.issued_at),
        )
        return tuple(
            TokenRow(
                row.agency,
                row.list,
                row.issued_at,
                row.expires_at,
                row.block,
                row.block_hash,
                row.saw_change,
                row.token,
            )
            for row in self._connection.execute(query)
        )

    def words_at(self, agency: AgencyId, list_: int, block: int) -> Mapping[int, int]:
        """Return a list's words as of the end of a block, from the events alone."""
        table = EVENT_TABLES[StatusChanged]
        query = (
            select(table.c.word, table.c.mask, table.c.status)
            .where(table.c.agency == agency, table.c.list == list_, table.c.block <= block)
            .order_by(table.c.block, table.c.log_index)
        )
        words: dict[int, int] = {}
        for word, mask, status in self._connection.execute(query):
            words[word] = changed(words.get(word, 0), int.from_bytes(mask), Status(status))
        return words

    def _in_pieces(self, query: Select[Any]) -> Iterator[Row[Any]]:
        """Read on as rows are asked for; told before, PostgreSQL does not send them all at once."""
        return iter(self._connection.execute(query, execution_options={"yield_per": ROWS_A_READ}))

    def _count(self, query: Any) -> int:
        return int(self._connection.execute(query).scalar_one())


def _places() -> Subquery:
    """Return the places in status lists that licences, health passes and transfers hold."""
    held = [
        select(table.c.agency, table.c.list, table.c.idx)
        for table in (licences, health_passes, health_transfers)
    ]
    return union_all(*held).subquery()


@contextmanager
def audit_view(database: Database) -> Iterator[AuditView]:
    """Open a view of a database as of now."""
    with database.read() as connection:
        yield AuditView(connection)
