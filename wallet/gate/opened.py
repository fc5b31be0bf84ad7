"""What the gate's commands open: the parts of one gate's folder, given clock and randomness."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from wallet.gate.bundles import BundleFolder
from wallet.gate.clock import ClockFile
from wallet.gate.day_keys import DayKeyFolder
from wallet.gate.desk import Desk
from wallet.gate.enrolment import FOLDER, Enrolment, EnrolmentFile
from wallet.gate.journal import Journal
from wallet.home import writing
from wallet.surroundings import Surroundings

_BUNDLES: Final = "bundles"
_DAY_KEYS: Final = "day-keys"
_JOURNAL: Final = "journal.db"
_CLOCK: Final = "clock.json"
_LOCK: Final = "scan.lock"


@dataclass(eq=False)
class GateInUse(Refused):
    """Another `suizheng gate scan` is at work here. End it, or enrol each lane in its own folder.

    Two would not know of each other's codes in time.
    """

    folder: str


class GateFolder:
    """One gate below a wallet's folder; raise `GateNotEnrolled` where there is none."""

    def __init__(self, outside: Surroundings) -> None:
        self._outside = outside
        self._folder = outside.home / FOLDER
        self.enrolment: Enrolment = EnrolmentFile(outside.home).load()
        self.bundles = BundleFolder(self._folder / _BUNDLES)
        self.clock = ClockFile(self._folder / _CLOCK)
        self.day_keys = DayKeyFolder(
            self._folder / _DAY_KEYS,
            self.enrolment.checkpoint,
            self.enrolment.zone,
            outside.randomness,
        )

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Give the journal; raise `JournalUnusable`."""
        journal = Journal(self._folder / _JOURNAL, self.enrolment.port)
        try:
            yield journal
        finally:
            journal.close()

    @contextmanager
    def desk(self, clock_error: int | None = None) -> Iterator[Desk]:
        """Give the gate at work, to one process at a time: memory of two would lag behind.

        Raises `GateInUse`, and what `BundleFolder.newest` does.

        `clock_error`: by how many seconds the clock may be wrong; None for what was measured.
        """
        bundle = self.bundles.newest(self._outside.now())
        known = self.clock.error_at if clock_error is None else lambda _at: clock_error
        with self._alone(), self.journal() as journal:
            yield Desk(
                self.enrolment, bundle, journal, self.day_keys, self._outside.randomness, known
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        path = self._folder / _LOCK
        with writing(path):
            lock = path.open("wb")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise GateInUse(str(self._folder)) from exc
            yield
