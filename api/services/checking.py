"""The first pass over an upload: every row is held against the rules before one is issued."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from api.services.building import Lot, Task
from api.services.running import LOT_ROWS, Work, in_lots
from api.services.uploads import Interpreter, RawRow, RowError
from api.store.jobs import Fault
from api.store.seen_ids import SeenIds

FIRST_FAULTS: Final = 100
"""Faults shown with the job itself."""
LISTED_FAULTS: Final = 10_000
"""Faults listed in the result; the rest are counted (proposed)."""
_AHEAD: Final = 8
"""Lots under way: enough for the builders while others are read."""


class Tally:
    """What the rows of an upload come to."""

    def __init__(self, faults: Iterable[RowError]) -> None:
        self.rows = 0
        self.repeated = 0
        self.faults = 0
        self.listed: list[RowError] = []
        self.external_ids: dict[int, str] = {}
        self.add(faults, ())

    def add(self, faults: Iterable[RowError], rows: Sequence[RawRow]) -> None:
        """Count faults of `rows`; while there is room, list them and what their rows are called."""
        names = {row.number: row.external_id for row in rows if row.external_id is not None}
        for fault in faults:
            self.faults += 1
            if len(self.listed) < LISTED_FAULTS:
                self.listed.append(fault)
                if fault.row in names:
                    self.external_ids[fault.row] = names[fault.row]

    @property
    def unlisted(self) -> int:
        """How many faults are counted only."""
        return self.faults - len(self.listed)

    @property
    def first(self) -> tuple[Fault, ...]:
        """Those shown with the job."""
        return tuple((f.row, f.column, f.rule) for f in self.listed[:FIRST_FAULTS])


def check(work: Work) -> Tally:
    """Return what the rows come to.

    Raises:
        UploadMalformed, TooManyRows: as the rows do.
        Stopped, TurnLost, CancelAsked: when the turn is over.
    """
    tally = Tally(work.sheet.faults)
    if tally.faults:
        return tally
    interpreter = Interpreter(work.type, work.sheet.heading)
    own: dict[int, list[RowError]] = {}
    with SeenIds() as seen:
        lots = _lots(work, interpreter, seen, own)
        progress = {"checked": lambda: tally.rows, "faults": lambda: tally.faults}
        for lot, outcome in work.outcomes(Task.CHECK, lots, _AHEAD, **progress):
            tally.rows += len(lot.rows)
            tally.repeated += outcome.repeated
            found = outcome.faults + own.pop(id(lot))
            tally.add(sorted(found, key=lambda fault: fault.row), lot.rows)
    return tally


def _lots(
    work: Work, interpreter: Interpreter, seen: SeenIds, own: dict[int, list[RowError]]
) -> Iterator[Lot]:
    """Yield lots; into `own` goes what is found wrong with each while it is read."""
    for some in in_lots(work.sheet.rows, LOT_ROWS):
        rows = [row for row in some if isinstance(row, RawRow)]
        faults = [row for row in some if isinstance(row, RowError)]
        named = [row for row in rows if row.external_id is not None]
        again = seen.repeated(row.external_id or "" for row in named)
        faults += [interpreter.repeated(named[place].number) for place in again]
        lot = Lot(rows, work.known(rows))
        own[id(lot)] = faults
        yield lot
