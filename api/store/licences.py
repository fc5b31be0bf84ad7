"""Licences: what was issued, under which status index, to find again.

`add` is the transaction behind 201: document, status index and a place in the anchoring outbox
(a row of `records` without batch) are in, or nothing is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.indices import count_used
from api.store.records import RecordRow, RecordUnknown, insert_records
from api.store.tables import licences, records, serials
from api.store.upserts import insert_new
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, RecordKind

_CURSOR: Final = re.compile("[0-9]{1,18}")  # what surely fits a column of 64 bits
CHUNK: Final = 500
"""Values in one IN list; SQLite builds take 999 parameters and up."""


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
class CursorMalformed(Refused):
    """The cursor is not one that a page gave."""


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
class LicenceFilter:
    """What to look for; a field left None is not asked.

    `text` is looked for, case apart, in the identifier, the serial and the holder's name.
    """

    agency: AgencyId | None = None
    type_id: str | None = None
    text: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Licences, newest first; `next_cursor` None at the end."""

    rows: tuple[LicenceRow, ...]
    next_cursor: str | None


class LicenceStore:
    """The licences issued here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[LicenceRow], settlement: Settlement | None = None) -> None:
        """Store licences, all or none, and with them the answer that is kept for a repeat.

        Raises:
            ExternalIdTaken: when one of the external ids is in use.
            IndexTaken: when status indices are in use, naming all of them.
            LicenceIdTaken: when a 证照标识 is in use.
            RequestInFlight: when the turn was lost meanwhile.
        """
        try:
            with self._database.write() as connection:
                insert_records(connection, [_record_of(row) for row in rows])
                connection.execute(insert(licences), [_columns_of(row) for row in rows])
                count_used(connection, [(row.agency, row.list) for row in rows])
                settle(connection, settlement)
        except IntegrityError as exc:
            raise self._clash(rows) from exc

    def get(self, digest: Digest) -> LicenceRow:
        """Return a licence; raise `RecordUnknown`."""
        with self._database.read() as connection:
            row = connection.execute(_rows().where(licences.c.digest == digest)).one_or_none()
        if row is None:
            raise RecordUnknown(digest)
        return _licence_of(row)

    def search(self, wanted: LicenceFilter, cursor: str | None, limit: int) -> Page:
        """Return up to `limit` licences, newest first, from where `cursor` left off."""
        query = _filtered(_rows(), wanted).order_by(licences.c.seq.desc()).limit(limit + 1)
        if cursor is not None:
            if not _CURSOR.fullmatch(cursor):
                raise CursorMalformed
            query = query.where(licences.c.seq < int(cursor))
        with self._database.read() as connection:
            found = connection.execute(query).all()
        shown = found[:limit]
        return Page(
            tuple(_licence_of(row) for row in shown),
            str(shown[-1].seq) if len(found) > limit else None,
        )

    def by_external_ids(self, agency: AgencyId, ids: Collection[str]) -> Mapping[str, LicenceRow]:
        """Return those licences of an agency that were issued under one of `ids`."""
        wanted = sorted(set(ids))
        found: dict[str, LicenceRow] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), CHUNK):
                query = _rows().where(
                    licences.c.agency == agency,
                    licences.c.external_id.in_(wanted[start : start + CHUNK]),
                )
                for row in connection.execute(query):
                    found[row.external_id] = _licence_of(row)
        return found

    def by_places(
        self, agency: AgencyId, list_: int, indices: Collection[int]
    ) -> tuple[LicenceRow, ...]:
        """Return the licences that stand at some entries of a status list."""
        with self._database.read() as connection:
            query = _rows().where(
                licences.c.agency == agency,
                licences.c.list == list_,
                licences.c.idx.in_(sorted(indices)),
            )
            return tuple(_licence_of(row) for row in connection.execute(query))

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

    def _clash(self, rows: Sequence[LicenceRow]) -> Refused:
        """Say which of the unique values was taken; what came twice in `rows` counts as taken."""
        with self._database.read() as connection:
            for columns, values in (
                (("agency", "external_id"), [(r.agency, r.external_id) for r in rows]),
                (("agency", "licence_id"), [(r.agency, r.licence_id) for r in rows]),
                (("agency", "list", "idx"), [(r.agency, r.list, r.index) for r in rows]),
            ):
                taken = _taken(connection, columns, [v for v in values if v[1] is not None])
                if not taken:
                    continue
                if columns[1] == "external_id":
                    return ExternalIdTaken(str(taken[0][1]))
                if columns[1] == "licence_id":
                    return LicenceIdTaken(str(taken[0][1]))
                return IndexTaken(tuple(place[1:] for place in taken))
        return RecordTaken(rows[0].digest)


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


def _columns_of(row: LicenceRow) -> dict[str, Any]:
    return {
        "digest": row.digest,
        "agency": row.agency,
        "type_id": row.type_id,
        "licence_id": row.licence_id,
        "serial": row.serial,
        "version": row.version,
        "external_id": row.external_id,
        "list": row.list,
        "idx": row.index,
        "nbf": row.nbf,
        "exp": row.exp,
        "holder_name": row.holder_name,
        "predecessor": row.predecessor,
        "predecessor_reason": row.predecessor_reason,
    }


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
