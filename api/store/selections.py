"""Selections: an agency's licences that a query describes, to be changed together."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select, true

from api.store.database import Database
from api.store.lookups import rows_by
from api.store.tables import licences, records
from ledger.errors import Refused
from ledger.values import AgencyId, Digest, Status


@dataclass(eq=False)
class TooManyLicences(Refused):
    """The query finds more licences than one change set takes."""

    limit: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which licences of an agency: each criterion that is not None or empty must hold.

    `external_ids` and `digests` together are one list of names. Times in Unix seconds of issue,
    the start inside and the end outside; `holder` is an organisation's name as it stands.
    """

    type_id: str | None = None
    issued_from: int | None = None
    issued_before: int | None = None
    holder: str | None = None
    external_ids: tuple[str, ...] = ()
    digests: tuple[Digest, ...] = ()
    present: frozenset[Status] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A licence that was found, by the `name` under which it was asked for."""

    name: str
    digest: Digest
    type_id: str
    list: int
    index: int


class SelectionStore:
    """Finds licences without their documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, agency: AgencyId, wanted: Selection, limit: int
    ) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
        """Return the licences that `wanted` finds, and the names that no licence has.

        Raises:
            TooManyLicences: for more than `limit`; the present status is not looked at.
        """
        with self._database.read() as connection:
            if wanted.external_ids or wanted.digests:
                found, unknown = _named(connection, agency, wanted)
            else:
                query = _candidates(wanted).where(licences.c.agency == agency, *_criteria(wanted))
                first = query.order_by(licences.c.seq).limit(limit + 1)
                found = [_candidate(row) for row in connection.execute(first)]
                unknown = []
        if len(found) + len(unknown) > limit:
            raise TooManyLicences(limit)
        return tuple(found), tuple(unknown)


def _candidates(wanted: Selection) -> Select[Any]:
    meets = true()
    for criterion in _criteria(wanted):
        meets = meets & criterion
    return select(
        licences.c.seq,
        licences.c.agency,
        licences.c.digest,
        licences.c.type_id,
        licences.c.list,
        licences.c.idx,
        licences.c.external_id,
        meets.label("meets"),
    ).join(records, records.c.digest == licences.c.digest)


def _criteria(wanted: Selection) -> list[Any]:
    asked = (
        (wanted.type_id, licences.c.type_id.__eq__),
        (wanted.issued_from, records.c.issued_at.__ge__),
        (wanted.issued_before, records.c.issued_at.__lt__),
        (wanted.holder, licences.c.holder_name.__eq__),
    )
    return [holds(value) for value, holds in asked if value is not None]


def _named(
    connection: Connection, agency: AgencyId, wanted: Selection
) -> tuple[list[Candidate], list[str]]:
    query = _candidates(wanted)
    own = query.where(licences.c.agency == agency)
    # By digest without the agency, whose index SQLite would take: it reads all that she issued.
    by_digest = rows_by(connection, query, licences.c.digest, wanted.digests)
    asked = (
        *rows_by(connection, own, licences.c.external_id, wanted.external_ids),
        *(row for row in by_digest if row.agency == agency),
    )
    known = {name for row in asked for name in ("0x" + row.digest.hex(), f"id {row.external_id}")}
    rows = sorted((row for row in asked if row.meets), key=lambda row: row.seq)
    found = {row.digest: _candidate(row) for row in rows}
    unknown = [name for name in wanted.external_ids if f"id {name}" not in known]
    unknown += [name for d in wanted.digests if (name := "0x" + d.hex()) not in known]
    return list(found.values()), list(dict.fromkeys(unknown))


def _candidate(row: Row[Any]) -> Candidate:
    name = "0x" + row.digest.hex()
    return Candidate(name, row.digest, row.type_id, row.list, row.idx)
