"""Licences: what was issued, under which status index, to find again.

`add` is the transaction behind 201: document, status index and a place in the anchoring outbox
(a row of `records` without batch) are in, or nothing is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from api.store.appends import insert_group
from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.indices import count_used
from api.store.lookups import CHUNK, chunks, rows_by
from api.store.records import RecordRow, RecordUnknown, insert_records
from api.store.status_bits import WORD_OF_LICENCE, status_entry
from api.store.tables import licences, records, serials, status_words
from api.store.upserts import insert_new
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.values import AgencyId, Digest, RecordKind, Status

_LIST: Final = "licences"
_COLUMNS: Final = (
    *("digest", "agency", "type_id", "licence_id", "serial", "version", "external_id"),
    *("list", "idx", "nbf", "exp", "holder_name", "predecessor", "predecessor_reason"),
)


@dataclass(eq=False)
class ExternalIdTaken(Refused):
    """The agency issued a licence under this external id already."""

    external_id: str


@dataclass(eq=False)
class LicenceIdTaken(Refused):
    """The agency issued a licence with this identifier already."""

    licence_id: str


@dataclass(eq=False)
class IndexTaken(Refused):
    """Status indices were taken meanwhile; draw those anew. Pairs of list and index."""

    places: tuple[tuple[int, int], ...]


@dataclass(eq=False)
class PredecessorReplaced(Refused):
    """The licence to be replaced has a successor already."""

    digest: bytes
    successor: bytes


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """A licence as stored; `nbf`, `exp`, `issued_at` in Unix seconds.

    `holder_name` is kept for organisations only, `batch` and `leaf_index` come with the batch.
    """

    digest: Digest
    agency: AgencyId
    type_id: str
    licence_id: str
    serial: str
    version: int
    external_id: str | None
    document: str = field(repr=False)
    list: int
    index: int
    nbf: int
    exp: int | None
    issued_at: int
    holder_name: str | None = field(default=None, repr=False)
    predecessor: Digest | None = None
    predecessor_reason: int | None = None
    batch: int | None = None
    leaf_index: int | None = None


@dataclass(frozen=True, slots=True)
class Insertion:
    """A licence to store, and with it the answer that is kept for a repeat."""

    row: LicenceRow
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True)
class LicenceFilter:
    """What to look for; a field left None is not asked.

    `text` is looked for, case apart, in the identifier, the serial and the holder's name, `exp`
    from `expires_after` on and before `expires_before`.
    """

    agency: AgencyId | None = None
    type_id: str | None = None
    text: str | None = None
    external_id: str | None = None
    status: Status | None = None
    expires_after: int | None = None
    expires_before: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Licences, newest first; `next_cursor` None at the end."""

    rows: tuple[LicenceRow, ...]
    next_cursor: str | None


class LicenceStore:
    """The licences issued here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[LicenceRow], *settlements: Settlement | None) -> None:
        """Store licences, all or none, and with them the answers that are kept for repeats.

        Raises:
            ExternalIdTaken: when one of the external ids is in use.
            PredecessorReplaced: when a licence to be replaced has a successor.
            LicenceIdTaken: when a 证照标识 is in use.
            IndexTaken: when status indices are in use, naming all of them.
            RequestInFlight: when a request was answered meanwhile.
        """
        try:
            with self._database.write() as connection:
                settle(connection, *settlements)
                insert_records(connection, [_record_of(row) for row in rows])
                insert_group(connection, licences, _COLUMNS, [_values_of(row) for row in rows])
                # Last, since a list's count is what all of an agency's writers wait for.
                count_used(connection, [(row.agency, row.list) for row in rows])
        except (IntegrityError, self._database.driver.IntegrityError) as exc:
            raise self._clash(rows) from exc

    def add_each(self, wanted: Sequence[Insertion]) -> list[LedgerError | None]:
        """Store each of these licences or refuse it, the others unharmed; errors as of `add`.

        One transaction as long as nothing clashes. A clash fails its whole transaction, so the
        group is halved until it stands alone: each of the others is then in with its own half.
        """
        # In one order everywhere, lest two processes wait for each other's rows.
        rows = sorted((each.row for each in wanted), key=lambda r: (r.agency, r.external_id or ""))
        try:
            self.add(rows, *(each.settlement for each in wanted))
        except Refused as refused:
            if len(wanted) == 1:
                return [refused]
        except Unavailable as away:
            return [away] * len(wanted)
        else:
            return [None] * len(wanted)
        middle = len(wanted) // 2
        return self.add_each(wanted[:middle]) + self.add_each(wanted[middle:])

    def get(self, digest: Digest) -> LicenceRow:
        """Return a licence; raise `RecordUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(_rows().where(licences.c.digest == digest)).one_or_none()
        if row is None:
            raise RecordUnknown(digest)
        return _licence_of(row)

    def search(self, wanted: LicenceFilter, cursor: str | None, limit: int) -> Page:
        """Return up to `limit` licences, newest first, from where `cursor` left off.

        Raises `CursorMalformed` for a cursor that this agency's list did not give.
        """
        owner = wanted.agency or b""
        query = _filtered(_rows(), wanted).order_by(licences.c.seq.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(licences.c.seq < number_of(_LIST, owner, cursor))
        with self._database.read() as connection:
            if wanted.status is not None:
                entry = status_entry(connection)
                query = query.outerjoin(status_words, WORD_OF_LICENCE).where(entry == wanted.status)
            found = connection.execute(query).all()
        shown = found[:limit]
        return Page(
            tuple(_licence_of(row) for row in shown),
            cursor_of(_LIST, owner, shown[-1].seq) if len(found) > limit else None,
        )

    def by_external_ids(self, agency: AgencyId, ids: Collection[str]) -> Mapping[str, LicenceRow]:
        """Return those licences of an agency that were issued under one of `ids`."""
        query = _rows().where(licences.c.agency == agency)
        with self._database.read() as connection:
            rows = rows_by(connection, query, licences.c.external_id, ids)
            return {row.external_id: _licence_of(row) for row in rows}

    def by_places(
        self, agency: AgencyId, list_: int, indices: Collection[int]
    ) -> tuple[LicenceRow, ...]:
        """Return the licences that stand at some entries of a status list."""
        query = _rows().where(licences.c.agency == agency, licences.c.list == list_)
        with self._database.read() as connection:
            rows = rows_by(connection, query, licences.c.idx, indices)
            return tuple(_licence_of(row) for row in rows)

    def take_serials(self, agency: AgencyId, type_id: str, count: int) -> range:
        """Take `count` serial numbers of a type, from 1 on; they are never given twice."""
        key = {"agency": agency, "type_id": type_id}
        with self._database.write() as connection:
            # The row comes first: a lock on a row that is not there yet holds nobody off.
            insert_new(connection, serials, [{**key, "next_serial": 1}])
            query = select(serials.c.next_serial).filter_by(**key).with_for_update()
            start = connection.execute(query).scalar_one()
            connection.execute(update(serials).filter_by(**key).values(next_serial=start + count))
        return range(start, start + count)

    def successor_of(self, digest: Digest) -> Digest | None:
        """Return the newest licence that names this one as its predecessor."""
        query = (
            select(licences.c.digest)
            .where(licences.c.predecessor == digest)
            .order_by(licences.c.seq.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def successors_of(self, digests: Sequence[Digest]) -> Mapping[Digest, Digest]:
        """Return the newest successor of each of these licences that has one."""
        found: dict[Digest, Digest] = {}
        with self._database.read() as connection:
            for some in chunks(digests):
                query = (
                    select(licences.c.predecessor, licences.c.digest)
                    .where(licences.c.predecessor.in_(some))
                    .order_by(licences.c.seq)
                )
                found |= {row.predecessor: row.digest for row in connection.execute(query)}
        return found

    def _clash(self, rows: Sequence[LicenceRow]) -> Refused:
        """Say which of the unique values was taken; what came twice in `rows` counts as taken."""
        with self._database.read() as connection:
            for columns, values in (
                (("agency", "external_id"), [(r.agency, r.external_id) for r in rows]),
                (
                    ("agency", "predecessor", "version"),
                    [(r.agency, r.predecessor, r.version) for r in rows],
                ),
                (("agency", "licence_id"), [(r.agency, r.licence_id) for r in rows]),
                (("agency", "list", "idx"), [(r.agency, r.list, r.index) for r in rows]),
            ):
                taken = _taken(connection, columns, [v for v in values if v[1] is not None])
                if taken and columns[1] == "list":
                    return IndexTaken(tuple(place[1:] for place in taken))
                if taken:
                    return self._named(columns[1], taken[0][1])
        return RecordTaken(rows[0].digest)

    def _named(self, column: str, value: Any) -> Refused:
        match column:
            case "external_id":
                return ExternalIdTaken(value)
            case "predecessor":
                return PredecessorReplaced(value, self.successor_of(value) or b"")
            case _:
                return LicenceIdTaken(value)


@dataclass(eq=False)
class RecordTaken(Refused):
    """The very same document is stored already."""

    digest: bytes


def _taken(
    connection: Connection, columns: tuple[str, ...], values: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    seen: set[tuple[Any, ...]] = set()
    taken = [v for v in values if v in seen or seen.add(v)]  # type: ignore[func-returns-value]  # add returns None, which keeps a first one out
    wanted = [licences.c[name] for name in columns]
    for start in range(0, len(values), CHUNK // len(columns)):
        some = values[start : start + CHUNK // len(columns)]
        query = select(*wanted).where(tuple_(*wanted).in_(some))
        taken += [tuple(row) for row in connection.execute(query)]
    return taken


def _record_of(row: LicenceRow) -> RecordRow:
    return RecordRow(row.digest, row.agency, RecordKind.LICENCE, row.document, row.issued_at)


def _values_of(row: LicenceRow) -> tuple[Any, ...]:
    return (
        row.digest,
        row.agency,
        row.type_id,
        row.licence_id,
        row.serial,
        row.version,
        row.external_id,
        row.list,
        row.index,
        row.nbf,
        row.exp,
        row.holder_name,
        row.predecessor,
        row.predecessor_reason,
    )


def _rows() -> Select[Any]:
    return select(
        licences,
        records.c.document,
        records.c.issued_at,
        records.c.batch,
        records.c.leaf_index,
    ).join(records, records.c.digest == licences.c.digest)


def _filtered(query: Select[Any], wanted: LicenceFilter) -> Select[Any]:
    for name in ("agency", "type_id", "external_id"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(licences.c[name] == value)
    if wanted.expires_after is not None:
        query = query.where(licences.c.exp >= wanted.expires_after)
    if wanted.expires_before is not None:
        query = query.where(licences.c.exp < wanted.expires_before)
    if wanted.text is not None:
        query = query.where(
            licences.c.licence_id.icontains(wanted.text, autoescape=True)
            | licences.c.serial.icontains(wanted.text, autoescape=True)
            | licences.c.holder_name.icontains(wanted.text, autoescape=True)
        )
    return query


def _licence_of(row: Row[Any]) -> LicenceRow:
    return LicenceRow(
        digest=row.digest,
        agency=row.agency,
        type_id=row.type_id,
        licence_id=row.licence_id,
        serial=row.serial,
        version=row.version,
        external_id=row.external_id,
        document=row.document,
        list=row.list,
        index=row.idx,
        nbf=row.nbf,
        exp=row.exp,
        issued_at=row.issued_at,
        holder_name=row.holder_name,
        predecessor=row.predecessor,
        predecessor_reason=row.predecessor_reason,
        batch=row.batch,
        leaf_index=row.leaf_index,
    )
