"""Change sets: many licences to be changed by one order, fixed row by row before anybody approves.

Set and rows are stored in one transaction, and so are all changes that carry the set out: a crash
leaves a set as it was, or on its way.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from api.store.changes import ChangeRow, add_changes, pending
from api.store.cursors import cursor_of, number_of
from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.records import RecordRow, insert_records
from api.store.tables import change_set_rows, change_sets, changes, intents, records
from api.store.tables import status_words as words
from ledger.errors import Refused
from ledger.status_list import entry, place
from ledger.values import Address, AgencyId, Digest, Status

CHANGE_ID_BYTES: Final = 16
_LIST: Final = "change-set-rows"
_ROWS: Final = change_set_rows.c


@dataclass(eq=False)
class ChangeSetUnknown(Refused):
    """There is no such change set."""

    change_set: bytes


@dataclass(eq=False)
class ChangeSetSettled(Refused):
    """The change set was carried out or withdrawn already."""

    outcome: str


@dataclass(eq=False)
class ChangeSetStale(Refused):
    """Licences of the set changed since its preview, so nothing was sent. Preview it anew."""

    changed: int


class Outcome(StrEnum):
    """What became of a change set."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SetRow:
    """One row of a set: a licence in call number `part`, or why it is left out.

    An unknown name has neither digest nor status.
    """

    name: str
    digest: Digest | None = None
    list: int | None = None
    index: int | None = None
    present: Status | None = None
    part: int | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """An order over many licences; Unix seconds, `nonce` that of its first call.

    `wording` is what its decisions say, as JSON; `uncosigned` is how many revocations without
    co-signature counted when it was previewed.
    """

    id: bytes
    agency: AgencyId
    requested_by: Address
    requested_at: int
    expires_at: int
    status: Status
    reason: int
    effective_at: int
    until: int
    nonce: int
    deadline: int
    parts: int
    digest: bytes
    uncosigned: int
    wording: str | None = None
    outcome: Outcome | None = None
    settled_at: int | None = None
    settled_by: Address | None = None
    approver: Address | None = None


@dataclass(frozen=True, slots=True)
class SetCounts:
    """How many rows there are, by what they are and by how far their changes have come."""

    by_present: Mapping[Status, int]
    by_refusal: Mapping[str, int]
    by_state: Mapping[tuple[str | None, str | None], int]


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows of a set in its order; `next_cursor` None at the end."""

    rows: tuple[SetRow, ...]
    next_cursor: str | None


class ChangeSetStore:
    """The change sets previewed here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, agency: AgencyId, now: int) -> frozenset[Digest]:
        """Return the licences of an agency of which a change is on its way."""
        query = pending(now).where(changes.c.agency == agency)
        with self._database.read() as connection:
            return frozenset(Digest(row.digest) for row in connection.execute(query))

    def unsent_revocations(self, agency: AgencyId, now: int) -> int:
        """Count an agency's revocations without co-signature that are not on chain yet."""
        query = pending(now).where(
            changes.c.agency == agency,
            changes.c.status == int(Status.REVOKED),
            changes.c.approver.is_(None),
        )
        with self._database.read() as connection:
            return int(
                connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            )

    def add(
        self, made: ChangeSet, rows: Sequence[SetRow], settlement: Settlement | None = None
    ) -> None:
        """Store a set with its rows and the answer kept for a repeat, in one transaction."""
        with self._database.write() as connection:
            connection.execute(insert(change_sets).values(_columns_of(made)))
            seq = _seq(connection, made.id)
            if rows:
                connection.execute(
                    insert(change_set_rows), [_row_columns(seq, row) for row in rows]
                )
            settle(connection, settlement)

    def get(self, id_: bytes) -> ChangeSet:
        """Return a set; raise `ChangeSetUnknown`."""
        with self._database.read() as connection:
            return _set_of(_stored(connection, id_))

    def counts(self, id_: bytes) -> SetCounts:
        """Return how many rows there are of which kind; raise `ChangeSetUnknown`."""
        with self._database.read() as connection:
            seq = _stored(connection, id_).seq
            kinds = connection.execute(
                select(_ROWS.present, _ROWS.refusal, func.count())
                .where(_ROWS.change_set == seq)
                .group_by(_ROWS.present, _ROWS.refusal)
            ).all()
            error = func.coalesce(changes.c.error, intents.c.error)
            states = connection.execute(
                select(intents.c.state, error, func.count())
                .select_from(changes)
                .outerjoin(intents, intents.c.id == changes.c.intent)
                .where(changes.c.change_set == seq)
                .group_by(intents.c.state, error)
            ).all()
        return SetCounts(
            {Status(present): n for present, refusal, n in kinds if refusal is None},
            _sums((refusal, n) for _, refusal, n in kinds if refusal is not None),
            {(state, name): n for state, name, n in states},
        )

    def page(
        self, id_: bytes, cursor: str | None, limit: int, *, refused: bool | None = None
    ) -> RowPage:
        """Return up to `limit` rows, those to be changed first, from where `cursor` left off.

        All, or those refused, or those not refused. Raises `ChangeSetUnknown`, and
        `CursorMalformed` for a cursor that this set did not give.
        """
        after = 0 if cursor is None else number_of(_LIST, id_, cursor)
        with self._database.read() as connection:
            seq = _stored(connection, id_).seq
            query = _rows_of(seq).where(_ROWS.seq > after).limit(limit + 1)
            if refused is not None:
                absent = _ROWS.refusal.is_(None)
                query = query.where(~absent if refused else absent)
            found = connection.execute(query).all()
        shown = found[:limit]
        return RowPage(
            tuple(map(_set_row, shown)),
            cursor_of(_LIST, id_, shown[-1].seq) if len(found) > limit else None,
        )

    def accepted(self, id_: bytes) -> tuple[SetRow, ...]:
        """Return the rows to be changed; raise `ChangeSetUnknown`."""
        with self._database.read() as connection:
            return _accepted(connection, _stored(connection, id_).seq)

    def require_as_previewed(self, id_: bytes, now: int) -> None:
        """Raise as `carry_out` would as things stand; nothing is held, so it may yet refuse."""
        with self._database.read() as connection:
            stored = _stored(connection, id_)
            if stored.outcome is not None:
                raise ChangeSetSettled(stored.outcome)
            _require_as_previewed(connection, stored.seq, stored.agency, now)

    def carry_out(
        self,
        settled: ChangeSet,
        made: Sequence[ChangeRow],
        decisions: Sequence[RecordRow] = (),
        settlement: Settlement | None = None,
    ) -> None:
        """Store the set's changes with their decisions, all or none, as everything still stands.

        `settled` tells when and by whom.

        Raises:
            ChangeSetUnknown, ChangeSetSettled: when there is nothing to carry out.
            ChangeSetStale: when a licence has another status by now, or a change on its way.
        """
        with self._database.write() as connection:
            seq = _open(connection, settled.id).seq
            # The locks come first: what a change did that we waited for must be seen.
            lock = select(records.c.seq).where(records.c.digest.in_(_members(seq)))
            connection.execute(lock.order_by(records.c.seq).with_for_update()).all()
            _require_as_previewed(connection, seq, settled.agency, settled.settled_at or 0)
            insert_records(connection, decisions)
            add_changes(connection, [replace(change, change_set=seq) for change in made])
            _settle_set(connection, seq, settled)
            settle(connection, settlement)

    def withdraw(self, settled: ChangeSet, settlement: Settlement | None = None) -> None:
        """Note that a set is not to be carried out; raise as `carry_out` for a settled one."""
        with self._database.write() as connection:
            _settle_set(connection, _open(connection, settled.id).seq, settled)
            settle(connection, settlement)


def change_id(set_: bytes, digest: Digest) -> bytes:
    """Return the id of a licence's change in a set."""
    return hashlib.sha256(b"change set" + set_ + digest).digest()[:CHANGE_ID_BYTES]


def _stored(connection: Connection, id_: bytes) -> Row[Any]:
    row = connection.execute(select(change_sets).where(change_sets.c.id == id_)).one_or_none()
    if row is None:
        raise ChangeSetUnknown(id_)
    return row


def _seq(connection: Connection, id_: bytes) -> int:
    return int(_stored(connection, id_).seq)


def _open(connection: Connection, id_: bytes) -> Row[Any]:
    """Return a set that is not settled, its row locked."""
    query = select(change_sets).where(change_sets.c.id == id_).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ChangeSetUnknown(id_)
    if row.outcome is not None:
        raise ChangeSetSettled(row.outcome)
    return row


def _settle_set(connection: Connection, seq: int, settled: ChangeSet) -> None:
    names = ("outcome", "settled_at", "settled_by", "approver")
    values = {name: getattr(settled, name) for name in names}
    connection.execute(update(change_sets).where(change_sets.c.seq == seq).values(**values))


def _rows_of(seq: int) -> Select[Any]:
    return select(change_set_rows).where(_ROWS.change_set == seq).order_by(_ROWS.seq)


def _accepted(connection: Connection, seq: int) -> tuple[SetRow, ...]:
    query = _rows_of(seq).where(_ROWS.refusal.is_(None))
    return tuple(map(_set_row, connection.execute(query)))


def _members(seq: int) -> Select[Any]:
    return select(_ROWS.digest).where(_ROWS.change_set == seq, _ROWS.refusal.is_(None))


def _require_as_previewed(connection: Connection, seq: int, agency: AgencyId, now: int) -> None:
    """Raise `ChangeSetStale` when a licence moved since the preview, or is about to."""
    under_way = connection.execute(pending(now).where(changes.c.digest.in_(_members(seq))))
    stale = {Digest(row.digest) for row in under_way}
    stale |= _moved(connection, agency, _accepted(connection, seq))
    if stale:
        raise ChangeSetStale(len(stale))


def _moved(connection: Connection, agency: AgencyId, rows: Sequence[SetRow]) -> set[Digest]:
    """Return the licences whose entry in the list is not what it was at the preview."""
    lists = sorted({row.list for row in rows if row.list is not None})
    query = select(words).where(words.c.agency == agency, words.c.list.in_(lists))
    values = {(w.list, w.word): int.from_bytes(w.value) for w in connection.execute(query)}
    return {
        row.digest
        for row in rows
        if row.digest is not None
        and row.index is not None
        and entry(values.get((row.list, place(row.index)[0]), 0), row.index) is not row.present
    }


def _columns_of(made: ChangeSet) -> dict[str, Any]:
    names = (column.name for column in change_sets.c if column.name != "seq")
    values = {name: getattr(made, name) for name in names}
    return values | {"status": int(made.status), "nonce": made.nonce.to_bytes(32)}


def _row_columns(seq: int, row: SetRow) -> dict[str, Any]:
    return {
        "change_set": seq,
        "name": row.name,
        "digest": row.digest,
        "list": row.list,
        "idx": row.index,
        "present": None if row.present is None else int(row.present),
        "part": row.part,
        "refusal": row.refusal,
    }


def _set_of(row: Row[Any]) -> ChangeSet:
    values = {name: value for name, value in row._mapping.items() if name != "seq"}  # noqa: SLF001  # SQLAlchemy's public name
    values["status"] = Status(row.status)
    values["nonce"] = int.from_bytes(row.nonce)
    values["outcome"] = None if row.outcome is None else Outcome(row.outcome)
    return ChangeSet(**values)


def _set_row(row: Row[Any]) -> SetRow:
    return SetRow(
        name=row.name,
        digest=row.digest,
        list=row.list,
        index=row.idx,
        present=None if row.present is None else Status(row.present),
        part=row.part,
        refusal=row.refusal,
    )


def _sums(pairs: Any) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, count in pairs:
        sums[name] = sums.get(name, 0) + count
    return sums
