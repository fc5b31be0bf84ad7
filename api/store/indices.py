"""Status indices: drawn at random, so that neighbours on a list say nothing about each other."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Final

from sqlalchemy import Connection, select, true

from api.store.database import Database
from api.store.health_tables import health_passes, health_transfers
from api.store.lookups import present
from api.store.tables import licences, lists
from ledger.status_list import ENTRIES
from ledger.values import AgencyId

LIST_CAPACITY: Final = ENTRIES // 2
"""A list is closed at 50 % full (proposed): two draws on average at worst."""
INDEX_BYTES: Final = 3
FIRST_PASS_LIST: Final = 1 << 16
"""Lists from here on are those of health passes: each table keeps its own places apart."""
FIRST_TRANSFER_LIST: Final = 1 << 17
"""And from here on those of transfers."""
_PLACES: Final = (
    (FIRST_TRANSFER_LIST, health_transfers.c.idx),
    (FIRST_PASS_LIST, health_passes.c.idx),
    (0, licences.c.idx),
)
_COUNT: Final = (
    "INSERT INTO lists (agency, list, used) VALUES ({marks}) "
    "ON CONFLICT (agency, list) DO UPDATE SET used = lists.used + excluded.used"
)

Randomness = Callable[[int], bytes]


class IndexStore:
    """The status lists of the agencies, and which of their entries are taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def draw(
        self,
        agency: AgencyId,
        count: int,
        randomness: Randomness,
        besides: Collection[tuple[int, int]] = (),
        first_list: int = 0,
    ) -> tuple[tuple[int, int], ...]:
        """Return `count` free places (list, index), uniform in the open list, no two alike.

        None of them is one of `besides`, which the caller drew earlier and did not store yet.
        Licences have the lists from 0 on, health passes those from `FIRST_PASS_LIST` on, transfers
        those from `FIRST_TRANSFER_LIST` on.

        They are taken only by storing the licences: a clash with another writer shows there as
        `IndexTaken`, and only the clashing ones are then drawn anew.
        """
        places: list[tuple[int, int]] = []
        with self._database.read() as connection:
            list_, used = _open_list(connection, agency, first_list)
            while len(places) < count:
                room = min(count - len(places), LIST_CAPACITY - used)
                kept = {index for number, index in besides if number == list_}
                drawn = _draw(connection, agency, list_, room, randomness, kept)
                places += [(list_, index) for index in drawn]
                list_, used = list_ + 1, 0
        return tuple(places)

    def used(self, agency: AgencyId, list_: int) -> int:
        """Return how many entries of a list are taken."""
        query = select(lists.c.used).where(lists.c.agency == agency, lists.c.list == list_)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def all_lists(self) -> tuple[tuple[AgencyId, int], ...]:
        """Return every list that has an entry, by agency and number."""
        query = select(lists.c.agency, lists.c.list).order_by(lists.c.agency, lists.c.list)
        with self._database.read() as connection:
            return tuple((row.agency, row.list) for row in connection.execute(query))


def count_used(connection: Connection, taken: Sequence[tuple[AgencyId, int]]) -> None:
    """Add to the lists' counts as part of the transaction that takes the entries."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    for (agency, list_), count in sorted(Counter(taken).items()):
        statement = _COUNT.format(marks=", ".join([mark] * 3))
        connection.exec_driver_sql(statement, (agency, list_, count))


def taken_indices(
    connection: Connection, agency: AgencyId, list_: int, indices: Collection[int]
) -> set[int]:
    """Return those of `indices` that are taken in a list."""
    column = next(column for first, column in _PLACES if list_ >= first)
    return present(connection, column, {"agency": agency, "list": list_}, indices)


def _open_list(connection: Connection, agency: AgencyId, first: int) -> tuple[int, int]:
    later = [other for other, _ in _PLACES if other > first]
    is_before = lists.c.list < min(later) if later else true()
    query = (
        select(lists.c.list, lists.c.used)
        .where(lists.c.agency == agency, lists.c.list >= first, is_before)
        .order_by(lists.c.list.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return first, 0
    return (row.list, row.used) if row.used < LIST_CAPACITY else (row.list + 1, 0)


def _draw(  # a list, how many of it, and what is not to be among them
    connection: Connection,
    agency: AgencyId,
    list_: int,
    count: int,
    randomness: Randomness,
    kept: Collection[int],
) -> list[int]:
    free: dict[int, None] = {}
    while len(free) < count:
        raw = randomness(INDEX_BYTES * (count - len(free)))
        drawn = {
            int.from_bytes(raw[at : at + INDEX_BYTES]) % ENTRIES: None
            for at in range(0, len(raw), INDEX_BYTES)
        }
        fresh = [index for index in drawn if index not in free and index not in kept]
        taken = taken_indices(connection, agency, list_, fresh)
        free |= {index: None for index in fresh if index not in taken}
    return list(free)
