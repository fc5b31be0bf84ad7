"""What the gate's commands open: the parts of one gate's folder, given clock and randomness."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from wallet.gate.bundles import BundleFolder
from wallet.gate.clock import ClockFile
from wallet.gate.day_keys import DayKeyFolder
from wallet.gate.desk import Desk
from wallet.gate.enrolment import FOLDER, Enrolment, EnrolmentFile
from wallet.gate.journal import Journal
from wallet.surroundings import Surroundings

_BUNDLES: Final = "bundles"
_DAY_KEYS: Final = "day-keys"
_JOURNAL: Final = "journal.db"
_CLOCK: Final = "clock.json"


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
        """Give the gate at work; raises as `BundleFolder.newest` does.

        `clock_error`: by how many seconds the clock may be wrong; None for what was measured.
        """
        bundle = self.bundles.newest(self._outside.now())
        known = self.clock.error_at if clock_error is None else lambda _at: clock_error
        with self.journal() as journal:
            yield Desk(
                self.enrolment, bundle, journal, self.day_keys, self._outside.randomness, known
            )
