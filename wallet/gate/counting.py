"""The gate's counts in its journal: people by hour, outcome and reason, each person once.

Every function is part of the caller's transaction.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scan_counts import CountedHour, ScanCount

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS counts (
    hour INTEGER, outcome TEXT, reason TEXT, people INTEGER NOT NULL,
    PRIMARY KEY (hour, outcome, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted_hours (
    hour INTEGER PRIMARY KEY, revision INTEGER NOT NULL, pushed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS counted_hours_waiting ON counted_hours (hour) WHERE pushed < revision;
"""
_ADD: Final = (
    "INSERT INTO counts VALUES (?, ?, ?, 1)"
    " ON CONFLICT (hour, outcome, reason) DO UPDATE SET people = people + 1"
)
_TAKE: Final = (
    "UPDATE counts SET people = people - 1"
    " WHERE hour = ? AND outcome = ? AND reason = ? AND people > 0"
)
_REVISE: Final = (
    "INSERT INTO counted_hours (hour, revision) VALUES (?, 1)"
    " ON CONFLICT (hour) DO UPDATE SET revision = revision + 1"
)
_COUNTED: Final = (
    "SELECT hour, revision, outcome, reason, people FROM counts JOIN counted_hours USING (hour)"
)
_ORDER: Final = " ORDER BY hour, outcome, reason"
_WAITING: Final = "SELECT hour FROM counted_hours WHERE pushed < revision ORDER BY hour LIMIT ?"


def count(db: sqlite3.Connection, hour: int, outcome: Outcome, reason: Reason | None) -> None:
    """Count one more person."""
    db.execute(_ADD, (hour, *_place(outcome, reason)))
    db.execute(_REVISE, (hour,))


def count_otherwise(
    db: sqlite3.Connection, hour: int, before: Outcome, outcome: Outcome, reason: Reason | None
) -> None:
    """Count a person who was counted as `before` as `outcome` instead.

    One who is not in the counts, of before there were any, does not come into them by it.
    """
    if db.execute(_TAKE, (hour, *_place(before, reason))).rowcount:
        db.execute("DELETE FROM counts WHERE hour = ? AND people = 0", (hour,))
        count(db, hour, outcome, reason)


def counted(db: sqlite3.Connection, since: int) -> list[CountedHour]:
    """Return what was counted in the hours from `since` on, in their order."""
    return list(_hours(db.execute(f"{_COUNTED} WHERE hour >= ?{_ORDER}", (since,))))


def waiting(db: sqlite3.Connection, most: int) -> list[CountedHour]:
    """Return the first hours of which the service does not have the last word."""
    asked = f"{_COUNTED} WHERE hour IN ({_WAITING}){_ORDER}"
    return list(_hours(db.execute(asked, (most,))))


def pushed(db: sqlite3.Connection, hours: Iterable[CountedHour]) -> None:
    """Remember that the service has these hours as they were told, whatever came since."""
    told = [(each.revision, each.hour) for each in hours]
    db.executemany("UPDATE counted_hours SET pushed = ? WHERE hour = ?", told)


def _place(outcome: Outcome, reason: Reason | None) -> tuple[str, str]:
    return outcome.value, "" if reason is None else reason.value


def _hours(rows: Iterable[tuple[int, int, str, str, int]]) -> Iterator[CountedHour]:
    for (hour, revision), group in groupby(rows, key=lambda row: row[:2]):
        counts = tuple(
            ScanCount(Outcome(outcome), Reason(reason) if reason else None, people)
            for _, _, outcome, reason, people in group
        )
        yield CountedHour(hour, revision, counts)
