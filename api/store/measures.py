"""How much waits, and for how long: counts and times alone, nothing that names a record."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from api.store.database import Database
from api.store.tables import batches, intents, records
from ledger.outbox import IntentState

_IN_A_BLOCK = (IntentState.MINED.value, IntentState.FINAL.value)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is on its way; `oldest_unanchored` in Unix seconds, None when all is in a block."""

    unbatched: int
    oldest_unanchored: int | None
    intents: Mapping[str, int]


class MeasureStore:
    """Counts what waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> Waiting:
        """Return what waits, as of one state of the database."""
        unbatched = select(func.count(), func.min(records.c.issued_at)).where(
            records.c.batch.is_(None)
        )
        # Batches on their way are few; their records are found by the index of leaves.
        under_way = (
            select(func.min(records.c.issued_at))
            .join(batches, batches.c.seq == records.c.batch)
            .join(intents, intents.c.id == batches.c.intent)
            .where(intents.c.state.not_in(_IN_A_BLOCK))
        )
        by_state = select(intents.c.state, func.count()).group_by(intents.c.state)
        with self._database.read() as connection:
            count, oldest = connection.execute(unbatched).one()
            sent = connection.execute(under_way).scalar_one()
            states = {row[0]: row[1] for row in connection.execute(by_state)}
        times = [at for at in (oldest, sent) if at is not None]
        return Waiting(count, min(times, default=None), states)
