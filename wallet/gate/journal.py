"""What a gate remembers and has to report, in one SQLite file that survives a power cut.

Nobody is in it but as an HMAC under a day key, which lies elsewhere. A scan and all that follows
from it are one transaction.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.errors import Refused, Unavailable
from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scan_counts import CountedHour
from ledger.health.scans import digest_of, scan_number
from ledger.values import Digest
from wallet.gate import counting
from wallet.home import private_folder

SHOWN_SECONDS: Final = 86_400
"""How long presentations are remembered: longer than any policy takes one (proposed)."""
CHALLENGE_SECONDS: Final = 120
"""How long challenges are: longer than an answer to one is taken."""
ERASED_SECONDS: Final = 90 * 86_400
"""How long a gate knows the numbers of scans that it erased, which tell of nobody (proposed)."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS scans (
    place INTEGER PRIMARY KEY, digest BLOB UNIQUE NOT NULL, number TEXT NOT NULL,
    day TEXT NOT NULL, sequence INTEGER NOT NULL, row BLOB NOT NULL,
    name BLOB, counts_use INTEGER NOT NULL, source TEXT NOT NULL, pushed INTEGER NOT NULL DEFAULT 0,
    headline TEXT
);
CREATE INDEX IF NOT EXISTS scans_by_number ON scans (number);
CREATE INDEX IF NOT EXISTS scans_waiting ON scans (place) WHERE pushed = 0;
CREATE TABLE IF NOT EXISTS shown (
    name BLOB, time INTEGER, day TEXT NOT NULL, PRIMARY KEY (name, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
    name BLOB PRIMARY KEY, day TEXT NOT NULL, times INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS admitted (
    day TEXT, source TEXT, port TEXT, people INTEGER NOT NULL, PRIMARY KEY (day, source, port)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handed_over (
    day TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS overridden (
    digest BLOB PRIMARY KEY, number TEXT NOT NULL, day TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erased (
    number TEXT PRIMARY KEY, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS challenges (
    answer BLOB PRIMARY KEY, time INTEGER NOT NULL
) WITHOUT ROWID;
"""
_NOTE_ERASED: Final = "INSERT OR IGNORE INTO erased SELECT number, ? FROM scans WHERE day = ?"
_ADD_USE: Final = (
    "INSERT INTO uses VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1"
)
_ADD_ADMITTED: Final = (
    "INSERT INTO admitted VALUES (?, ?, ?, 1)"
    " ON CONFLICT (day, source, port) DO UPDATE SET people = people + 1"
)


@dataclass(eq=False)
class JournalUnusable(Unavailable):
    """The gate's journal cannot be used. Check the disk; without it no scan is remembered."""

    path: str
    reason: str


@dataclass(eq=False)
class ScanUnknown(Refused):
    """This gate has no scan of that number. Check the number and the lane."""

    number: str


@dataclass(eq=False)
class ScanErased(Refused):
    """The scan was erased when its time was over. Nobody can judge it again; say so to the person.

    The agency's receipt for the erasure is at its service, under the scan's number.
    """

    number: str


@dataclass(eq=False)
class ScanOverridden(Refused):
    """An officer decided about this scan before. To change that, override `decision` instead."""

    number: str
    decision: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One person's scan to be kept.

    `row` as `scans.write_row` gives it, of the `hour` that began then; `outcome` what stands now,
    and `headline` the reason that the gate gave. `name` the person under the day key, None for
    nobody's code; `shown_at` the time that the code told. `passes`: the person goes in by it.
    """

    day: str
    hour: int
    sequence: int
    row: bytes
    outcome: Outcome
    headline: Reason | None
    name: bytes | None = None
    shown_at: int | None = None
    counts_use: bool = False
    source: str = ""
    passes: bool = False


@dataclass(frozen=True, slots=True)
class KeptScan:
    """A row as it is kept, and what is to be counted when an officer lets the person in."""

    digest: Digest
    day: str
    sequence: int
    row: bytes
    headline: Reason | None
    name: bytes | None
    counts_use: bool
    source: str


class Journal:
    """The journal of one gate; `port` is the one that people are let in at."""

    def __init__(self, path: Path, port: str) -> None:
        self._path = path
        self._port = port
        self._is_together = False
        private_folder(path.parent)
        with self._guarded():
            self._db = sqlite3.connect(path, isolation_level=None)
            path.chmod(0o600)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA + counting.SCHEMA)
            self._widen()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keep(self, entries: Iterable[Entry]) -> list[str]:
        """Keep the scans of one code and what follows from them; return their numbers."""
        with self._writing():
            return [self._keep_new(entry) for entry in entries]

    def override(self, entry: Entry, of: KeptScan, before: Outcome) -> str:
        """Keep an officer's decision about a scan, for which `before` stood; return its number.

        The person, who was counted with the scan, is counted otherwise from now on. Raises
        `ScanOverridden`.
        """
        with self._writing():
            asked = "SELECT number FROM overridden WHERE digest = ?"
            for (decision,) in self._db.execute(asked, (of.digest,)):
                raise ScanOverridden(scan_number(of.digest), decision)
            number = self._keep(entry)
            told = (of.digest, number, of.day)
            self._db.execute("INSERT INTO overridden VALUES (?, ?, ?)", told)
            places = (before, entry.outcome, entry.headline)
            counting.count_otherwise(self._db, entry.hour, *places)
            return number

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep by one commit all that is kept within; nothing of it where anything raises.

        A commit waits for the disk, some milliseconds however much it brings. Others who write wait
        for its end, so nothing within may wait for a person.
        """
        with self._writing():
            self._is_together = True
            try:
                yield
            finally:
                self._is_together = False

    def was_shown(self, names: Sequence[bytes], time: int) -> bool:
        """Whether any of the names was shown with that time."""
        asked = "SELECT 1 FROM shown WHERE name = ? AND time = ?"
        return any(self._all(asked, name, time) for name in names)

    def uses(self, names: Sequence[bytes]) -> int:
        """Return how often any of the names was let in."""
        asked = "SELECT times FROM uses WHERE name = ?"
        return sum(times for name in names for (times,) in self._all(asked, name))

    def admitted(self, day: str, source: str, port: str) -> int:
        """Return how many were let in on a day at a port under agreements from `source`."""
        asked = "SELECT people FROM admitted WHERE day = ? AND source = ? AND port = ?"
        return sum(people for (people,) in self._all(asked, day, source, port))

    def counts(self, since: int = 0) -> list[CountedHour]:
        """Return how many people were answered how in the hours from `since` on."""
        with self._guarded():
            return counting.counted(self._db, since)

    def counts_waiting(self, most: int) -> list[CountedHour]:
        """Return the first hours of which the service does not have the last word."""
        with self._guarded():
            return counting.waiting(self._db, most)

    def counts_pushed(self, hours: Iterable[CountedHour]) -> None:
        """Remember that the service has these hours."""
        with self._writing():
            counting.pushed(self._db, hours)

    def challenge(self, answer: bytes, at: int) -> None:
        """Remember a challenge by what answers it, and forget the old ones."""
        with self._writing():
            self._db.execute("DELETE FROM challenges WHERE time < ?", (at - CHALLENGE_SECONDS,))
            self._db.execute("INSERT OR REPLACE INTO challenges VALUES (?, ?)", (answer, at))

    def challenges(self, at: int) -> dict[bytes, int]:
        """Return the times of the challenges shown lately, by what answers them."""
        asked = "SELECT answer, time FROM challenges WHERE time >= ?"
        return dict(self._all(asked, at - CHALLENGE_SECONDS))

    def find(self, number: str) -> KeptScan:
        """Return the scan of a number; raise `ScanUnknown` or `ScanErased`."""
        found = self._kept("WHERE number = ?", number.upper())
        if not found and self._all("SELECT 1 FROM erased WHERE number = ?", number.upper()):
            raise ScanErased(number)
        if not found:
            raise ScanUnknown(number)
        return found[0]

    def scans(self) -> Iterator[KeptScan]:
        """Return all scans that are kept, in their order."""
        return iter(self._kept("ORDER BY place"))

    def waiting(self, most: int) -> list[KeptScan]:
        """Return the first scans that were not handed to the service yet."""
        return self._kept("WHERE pushed = 0 ORDER BY place LIMIT ?", most)

    def backlog(self) -> int:
        """Return how many scans were not handed to the service yet."""
        return int(self._all("SELECT count(*) FROM scans WHERE pushed = 0")[0][0])

    def pushed(self, digests: Iterable[Digest]) -> None:
        """Remember that the service has these scans."""
        with self._writing():
            told = [(digest,) for digest in digests]
            self._db.executemany("UPDATE scans SET pushed = 1 WHERE digest = ?", told)

    def hand_over(self, day: str) -> None:
        """Remember that the agency has the key of a day."""
        with self._writing():
            self._db.execute("INSERT OR IGNORE INTO handed_over VALUES (?)", (day,))

    def handed_over(self) -> set[str]:
        """Return the days whose keys the agency has."""
        return {day for (day,) in self._all("SELECT day FROM handed_over")}

    def cited(self) -> set[int]:
        """Return the sequences of the bundles that kept scans rest on."""
        return {sequence for (sequence,) in self._all("SELECT DISTINCT sequence FROM scans")}

    def erase(self, days: Iterable[str], at: int) -> int:
        """Erase all that is kept about people of some days; return how many scans that were."""
        with self._writing():
            self._db.execute("DELETE FROM erased WHERE at < ?", (at - ERASED_SECONDS,))
            for day in days:
                self._db.execute(_NOTE_ERASED, (at, day))
            erased = sum(
                self._db.execute("DELETE FROM scans WHERE day = ?", (day,)).rowcount for day in days
            )
            for day in days:
                self._db.execute("DELETE FROM overridden WHERE day = ?", (day,))
                self._db.execute("DELETE FROM uses WHERE day = ?", (day,))
                self._db.execute("DELETE FROM shown WHERE day = ?", (day,))
                self._db.execute("DELETE FROM handed_over WHERE day = ?", (day,))
            self._db.execute("DELETE FROM shown WHERE time < ?", (at - SHOWN_SECONDS,))
        with self._guarded():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return erased

    def _widen(self) -> None:
        """Give a journal of before people were counted by reason what it lacks."""
        columns = {name for _, name, *_ in self._db.execute("PRAGMA table_info(scans)")}
        if "headline" not in columns:
            self._db.execute("ALTER TABLE scans ADD COLUMN headline TEXT")

    def _keep_new(self, entry: Entry) -> str:
        """Keep a scan of the gate's own, and count its person."""
        counting.count(self._db, entry.hour, entry.outcome, entry.headline)
        return self._keep(entry)

    def _keep(self, entry: Entry) -> str:
        digest = digest_of(entry.row)
        number = scan_number(digest)
        kept = (digest, number, entry.day, entry.sequence, entry.row)
        headline = None if entry.headline is None else entry.headline.value
        later = (entry.name, entry.counts_use, entry.source, headline)
        self._db.execute(
            "INSERT INTO scans"
            " (digest, number, day, sequence, row, name, counts_use, source, headline)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*kept, *later),
        )
        if entry.name is not None and entry.shown_at is not None:
            told = (entry.name, entry.shown_at, entry.day)
            self._db.execute("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", told)
        if entry.passes:
            self._let_in(entry)
        return number

    def _let_in(self, entry: Entry) -> None:
        if entry.name is not None and entry.counts_use:
            self._db.execute(_ADD_USE, (entry.name, entry.day))
        if entry.source:
            self._db.execute(_ADD_ADMITTED, (entry.day, entry.source, self._port))

    def _kept(self, which: str, *values: Any) -> list[KeptScan]:
        names = "digest, day, sequence, row, headline, name, counts_use, source"
        found = self._all(f"SELECT {names} FROM scans {which}", *values)  # noqa: S608  # constants
        return [
            KeptScan(
                *(Digest(digest), day, sequence, row),
                *(None if headline is None else Reason(headline), name, bool(counts_use), source),
            )
            for digest, day, sequence, row, headline, name, counts_use, source in found
        ]

    def _all(self, asked: str, *values: Any) -> list[Any]:
        with self._guarded():
            return self._db.execute(asked, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._is_together:
            with self._guarded():
                yield
            return
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise JournalUnusable(str(self._path), str(exc)) from exc
