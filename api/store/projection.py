"""The chain's events on disk, droppable and rebuilt: implements `ledger.projection.Projection`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from api.store.database import Database
from api.store.event_tables import EVENT_TABLES, WORD_BYTES, row_of
from api.store.tables import intents, projected_blocks, projection_seen, status_words
from api.store.upserts import insert_new, upsert
from ledger.events import Event, StatusChanged
from ledger.outbox import IntentState
from ledger.projection import Header
from ledger.status_list import changed
from ledger.values import Status

KEPT_BLOCKS: Final = 256
"""Headers kept below the cursor: how deep a reorganisation can be healed (proposed)."""
Word = tuple[bytes, int, int]
"""Agency, list, word."""
_CHUNK: Final = 200
_ON_CHAIN: Final = (IntentState.MINED.value, IntentState.FINAL.value)


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

    def apply(self, headers: Sequence[Header], events: Sequence[Event]) -> None:
        """See `Projection`."""
        by_class: defaultdict[type[Event], list[dict[str, Any]]] = defaultdict(list)
        for happened in events:
            by_class[type(happened)].append(row_of(happened))
        changes = [e for e in events if isinstance(e, StatusChanged)]
        with self._database.write() as connection:
            for cls, rows in by_class.items():
                insert_new(connection, EVENT_TABLES[cls], rows)
            rebuild_words(connection, {(e.agency, e.list, e.word) for e in changes})
            upsert(
                connection,
                projected_blocks,
                [{"block": h.block, "hash": h.hash, "time": h.time} for h in headers],
            )
            oldest = max(h.block for h in headers) - KEPT_BLOCKS
            connection.execute(delete(projected_blocks).where(projected_blocks.c.block < oldest))

    def rollback(self, block: int) -> None:
        """See `Projection`; what fell out goes back to the sender, final or not.

        An embedded chain that was killed comes back without its last blocks, and one confirmation
        was enough for it to call them final.
        """
        table = EVENT_TABLES[StatusChanged]
        key = (table.c.agency, table.c.list, table.c.word)
        with self._database.write() as connection:
            touched = connection.execute(select(*key).where(table.c.block > block).distinct()).all()
            connection.execute(
                update(intents)
                .where(intents.c.state.in_(_ON_CHAIN), intents.c.block > block)
                .values(state=IntentState.SENT.value, block=None, block_hash=None, transaction=None)
            )
            for forgotten in (*EVENT_TABLES.values(), projected_blocks):
                connection.execute(delete(forgotten).where(forgotten.c.block > block))
            rebuild_words(connection, {(r.agency, r.list, r.word) for r in touched})

    def seen(self, at: int) -> None:
        """Note that the node was asked at `at` and had nothing beyond the cursor."""
        with self._database.write() as connection:
            upsert(connection, projection_seen, [{"only": 1, "seen_at": at}])

    def _headers(self, limit: int) -> list[Header]:
        query = select(projected_blocks).order_by(projected_blocks.c.block.desc()).limit(limit)
        with self._database.read() as connection:
            return [Header(row.block, row.hash, row.time) for row in connection.execute(query)]


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
