"""The chain's events on disk, droppable and rebuilt: implements `ledger.projection.Projection`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, tuple_, update

from api.store.appends import append
from api.store.database import Database
from api.store.event_tables import CHAIN_TABLES, EVENT_TABLES, WORD_BYTES, values_of
from api.store.outbox import NO_RECEIPT
from api.store.tables import intents, projected_blocks, projection_seen, status_words
from api.store.tender_events import tender_events, tender_values
from api.store.tender_marks import advance_marks, marked_above, rebuild_marks
from api.store.upserts import insert_new, upsert
from ledger.events import Event, StatusChanged
from ledger.outbox import IntentState
from ledger.projection import CursorMoved, Header
from ledger.status_list import changed
from ledger.values import Status

KEPT_BLOCKS: Final = 256
"""Headers kept below the cursor: how deep a reorganisation can be healed (proposed)."""
Word = tuple[bytes, int, int]
"""Agency, list, word."""
_CHUNK: Final = 200
_TURN: Final = int.from_bytes(b"suizheng")
"""PostgreSQL's advisory lock of whoever moves the cursor."""
_ON_CHAIN: Final = (IntentState.MINED.value, IntentState.FINAL.value)

_NEWEST: Final = (
    select(projected_blocks).order_by(projected_blocks.c.block.desc()).limit(bindparam("most"))
)
"""Made once: asked some ten times a second."""


class SqlProjection:
    """Implements `ledger.projection.Projection`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self) -> Header | None:
        """See `Projection`."""
        kept = self._headers(1)
        return kept[0] if kept else None

    def recent(self) -> Sequence[Header]:
        """See `Projection`."""
        return self._headers(KEPT_BLOCKS)

    def apply(
        self, headers: Sequence[Header], events: Sequence[Event], cursor: Header | None
    ) -> None:
        """See `Projection`."""
        oldest = headers[-1].block - KEPT_BLOCKS
        with self._moving_from(cursor) as connection:
            _append(connection, [h for h in headers if h.block >= oldest], events)
            connection.execute(delete(projected_blocks).where(projected_blocks.c.block < oldest))

    def rollback(self, block: int, cursor: Header | None) -> None:
        """See `Projection`; what fell out goes back to the sender, final or not.

        An embedded chain that was killed comes back without its last blocks, and one confirmation
        was enough for it to call them final.
        """
        table = EVENT_TABLES[StatusChanged]
        key = (table.c.agency, table.c.list, table.c.word)
        with self._moving_from(cursor) as connection:
            touched = connection.execute(select(*key).where(table.c.block > block).distinct()).all()
            tenders = marked_above(connection, block)
            connection.execute(
                update(intents)
                .where(intents.c.state.in_(_ON_CHAIN), intents.c.block > block)
                .values(state=IntentState.SENT.value, **NO_RECEIPT)
            )
            connection.execute(
                update(projection_seen)
                .where(projection_seen.c.finalized > block)
                .values(finalized=block)
            )
            for forgotten in (*CHAIN_TABLES, projected_blocks):
                connection.execute(delete(forgotten).where(forgotten.c.block > block))
            rebuild_words(connection, {(r.agency, r.list, r.word) for r in touched})
            rebuild_marks(connection, tenders)

    def seen(self, at: int, finalized: int | None = None) -> None:
        """Note that the node was asked at `at` and had nothing beyond the cursor.

        `finalized` is the newest block that it called so, None where it was not asked or did not
        say. Finality never goes back: nothing but `rollback` lowers what is known, and a block
        that is not in does not count.
        """
        with self._database.write() as connection:
            insert_new(connection, projection_seen, [{"only": 1, "seen_at": at}])
            connection.execute(update(projection_seen).values(seen_at=at))
            if finalized is not None:
                _raise_finalized(connection, finalized)

    @contextmanager
    def _moving_from(self, cursor: Header | None) -> Iterator[Connection]:
        """Open a transaction that no other one moves the cursor in; raise `CursorMoved`."""
        with self._database.write() as connection:
            if self._database.is_postgresql:  # SQLite has one writer at a time anyway
                connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
            if _headers(connection, 1) != ([] if cursor is None else [cursor]):
                raise CursorMoved
            yield connection

    def _headers(self, limit: int) -> list[Header]:
        with self._database.read() as connection:
            return _headers(connection, limit)


def _headers(connection: Connection, limit: int) -> list[Header]:
    found = connection.execute(_NEWEST, {"most": limit})
    return [Header(row.block, row.hash, row.time) for row in found]


def _raise_finalized(connection: Connection, finalized: int) -> None:
    column = projection_seen.c.finalized
    for newest in _headers(connection, 1):
        known = min(finalized, newest.block)
        lower = or_(column.is_(None), column < known)
        connection.execute(update(projection_seen).where(lower).values(finalized=known))


def _append(connection: Connection, headers: Sequence[Header], events: Sequence[Event]) -> None:
    """Take in what lies above all that is in."""
    for cls, happened in _by_class(events).items():
        if cls in EVENT_TABLES:
            append(connection, EVENT_TABLES[cls], map(values_of, happened))
        else:
            append(connection, tender_events, map(tender_values, happened))
    advance_words(connection, [e for e in events if isinstance(e, StatusChanged)])
    advance_marks(connection, events)
    append(connection, projected_blocks, [(h.block, h.hash, h.time) for h in headers])


def _by_class(events: Sequence[Event]) -> Mapping[type[Event], Sequence[Event]]:
    found: defaultdict[type[Event], list[Event]] = defaultdict(list)
    for happened in events:
        found[type(happened)].append(happened)
    return found


def advance_words(connection: Connection, changes: Iterable[StatusChanged]) -> None:
    """Move the derived status words on by changes in chain order that follow all that are in."""
    masks: defaultdict[tuple[bytes, int], dict[int, tuple[int, int]]] = defaultdict(dict)
    for one in changes:
        words = masks[one.agency, one.list]
        touched, value = words.get(one.word, (0, 0))
        words[one.word] = touched | one.mask, changed(value, one.mask, one.status)
    for (agency, list_), words in masks.items():
        before = _words_before(connection, agency, list_, words)
        rows = [
            _word_row((agency, list_, word), before.get(word, 0) & ~touched | value)
            for word, (touched, value) in words.items()
        ]
        upsert(connection, status_words, rows)


def _words_before(
    connection: Connection, agency: bytes, list_: int, words: Collection[int]
) -> dict[int, int]:
    """Return those words of a list that have a row, at least."""
    key = (status_words.c.word, status_words.c.value)
    query = select(*key).where(status_words.c.agency == agency, status_words.c.list == list_)
    if len(words) <= _CHUNK:
        query = query.where(status_words.c.word.in_(words))
    return {word: int.from_bytes(value) for word, value in connection.execute(query)}


def rebuild_words(connection: Connection, words: Iterable[Word]) -> None:
    """Set the derived status words to what their events say, in chain order.

    A word without events has no row, as in a projection that never saw any.
    """
    table = EVENT_TABLES[StatusChanged]
    key = (table.c.agency, table.c.list, table.c.word)
    derived = tuple_(status_words.c.agency, status_words.c.list, status_words.c.word)
    wanted = sorted(words)
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        values: dict[Word, int] = {}
        query = (
            select(*key, table.c.mask, table.c.status)
            .where(tuple_(*key).in_(some))
            .order_by(table.c.block, table.c.log_index)
        )
        for agency, list_, word, mask, status in connection.execute(query):
            place = (agency, list_, word)
            before = values.get(place, 0)
            values[place] = changed(before, int.from_bytes(mask), Status(status))
        connection.execute(delete(status_words).where(derived.in_(some)))
        if values:
            rows = [_word_row(place, value) for place, value in values.items()]
            connection.execute(insert(status_words), rows)


def _word_row(place: Word, value: int) -> dict[str, Any]:
    agency, list_, word = place
    return {"agency": agency, "list": list_, "word": word, "value": value.to_bytes(WORD_BYTES)}
