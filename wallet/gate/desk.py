"""A gate at work: one code in, one answer out, and what follows from it kept. No network at all."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from ledger.health.day_keys import DayKey
from ledger.health.gate.decision import decide
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.lane import Identity, Lane
from ledger.health.gate.outcome import Outcome
from ledger.health.gate.report import GateReport, PersonReport
from ledger.health.gate_bundle.reading import GateBundle, Texts
from ledger.health.presentations import MAX_PASSES
from ledger.health.scan_counts import hour_of
from ledger.health.scans import RANDOM_BYTES, Override, read_row, row_of, write_row
from wallet.embedded import Clocks
from wallet.gate.bundles import BundleFolder
from wallet.gate.day_keys import DayKeyFolder
from wallet.gate.enrolment import Enrolment
from wallet.gate.journal import Entry, Journal

RETENTION_SECONDS: Final = 14 * 86_400
"""How long scans are kept where no policy is held that says it (proposed)."""
ERASE_SECONDS: Final = 600
"""How often a gate that goes on scanning looks for what is due to be erased (proposed)."""

TOGETHER_SECONDS: Final = 0.02
"""How long the first answer waits for others to be kept with it (proposed)."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The answer about a code, and the scan number of each of its people."""

    report: GateReport
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The gate's memory (`lane.Memory`): people are known by their names under live day keys."""

    journal: Journal
    keys: Sequence[DayKey]
    day: str

    def was_shown(self, subject: bytes, time: int) -> bool:
        """Whether a presentation of that pass and time was seen."""
        return self.journal.was_shown(self._names(subject), time)

    def uses(self, subject: bytes) -> int:
        """How often a pass was used at this gate while the day keys of those days live."""
        return self.journal.uses(self._names(subject))

    def admitted(self, source: str, port: str) -> int:
        """How many this gate let in today."""
        return self.journal.admitted(self.day, source, port)

    def _names(self, subject: bytes) -> list[bytes]:
        return [key.pseudonym(subject) for key in self.keys]


class Desk:
    """One lane of a checkpoint with its bundle, journal and day keys.

    `clock_error` tells by how much the clock may be wrong at a time, None where nobody knows.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        bundle: GateBundle,
        journal: Journal,
        day_keys: DayKeyFolder,
        randomness: Callable[[int], bytes],
        clock_error: Callable[[int], int | None],
    ) -> None:
        self._clock_error = clock_error
        self._enrolment = enrolment
        self._bundle = bundle
        self._journal = journal
        self._day_keys = day_keys
        self._randomness = randomness
        self._retention = retention_of(bundle.evidence, enrolment.jurisdiction)
        self._erased_at: int | None = None

    @property
    def texts(self) -> Texts:
        """What the bundle that it decides by tells its officers, by language and name."""
        return self._bundle.texts

    def renew(self, bundles: BundleFolder, at: int) -> None:
        """Decide by the newest bundle on disk from now on; raises as `BundleFolder.held` does.

        Lanes scan for days: what was withdrawn meanwhile must not pass until somebody restarts.
        """
        newest = max(bundles.sequences(), default=0)
        if newest > self._bundle.manifest.sequence:
            self._bundle = bundles.held(newest, at)
            self._retention = retention_of(self._bundle.evidence, self._enrolment.jurisdiction)

    def erase_due(self, at: int) -> None:
        """Erase what is due, every ten minutes at most; raise `JournalUnusable`."""
        if self._erased_at is None or not 0 <= at - self._erased_at < ERASE_SECONDS:
            erase_due(self._journal, self._day_keys, at)
            self._erased_at = at

    def scan_together(
        self,
        waiting: deque[str],
        clocks: Clocks,
        identities: deque[Identity],
    ) -> list[Scanned]:
        """Take the first codes off `waiting`, decide about each, and keep all by one commit.

        A commit waits for the disk, so several codes share one; `TOGETHER_SECONDS` bounds how long
        the first waits for the others. Of `identities` each person of each code takes the next one
        off, a code that cannot be read counting as one person. Raises as `scan`: then nothing of it
        is kept, and nobody may be answered.
        """
        found: list[Scanned] = []
        began = clocks.monotonic()
        with self._journal.together():
            while waiting and (not found or clocks.monotonic() - began < TOGETHER_SECONDS):
                scanned = self.scan(
                    waiting.popleft(), clocks.now(), tuple(islice(identities, MAX_PASSES))
                )
                for _ in scanned.report.people[: len(identities)]:
                    identities.popleft()
                found.append(scanned)
        return found

    def scan(self, text: str, at: int, identities: Sequence[Identity] = ()) -> Scanned:
        """Decide about a code, and keep what follows; raise `JournalUnusable` where it cannot be.

        An answer that was not kept is not given: it would let the same screen in twice.
        """
        key = self._day_keys.of(at, self._retention)
        lane = self._enrolment.at_lane(self._journal.challenges(at), self._clock_error(at))
        live = [each.key for each in self._day_keys.live().values()]
        memory = Remembered(self._journal, live, key.day)
        report = decide(text, self._bundle.evidence, lane, at, memory, identities)
        entries = [self._entry(person, lane, key, at) for person in report.people]
        return Scanned(report, tuple(self._journal.keep(entries)))

    def _entry(self, person: PersonReport, lane: Lane, key: DayKey, at: int) -> Entry:
        effects = person.effects
        name = None if effects is None else key.pseudonym(effects.subject)
        row = row_of(person, lane, at, random=self._randomness(RANDOM_BYTES), key=name)
        kept = Entry(
            *(key.day, hour_of(row.minute), self._bundle.manifest.sequence, write_row(row)),
            *(person.outcome, None if person.headline is None else person.headline.reason),
        )
        if effects is None:
            return kept
        return replace(
            kept,
            name=name,
            shown_at=effects.shown_at,
            counts_use=effects.counts_use,
            source=effects.source,
            passes=person.outcome is Outcome.ACCEPT,
        )


def override(
    journal: Journal, number: str, decided: Override, randomness: Callable[[int], bytes]
) -> str:
    """Keep what an officer decided in place of the gate; return the new row's number.

    The first row stays as it is; the new one repeats it with the officer's word. The person is one
    in the counts as before, by what stands now; a use and a place in the quota are taken now, once.
    Raises `ScanUnknown`, `ScanErased`, `ScanOverridden` for a scan that has such a decision, and
    `ScanMalformed` for a name or reason that is none.
    """
    kept = journal.find(number)
    before = read_row(kept.row)
    stood = before.outcome if before.override is None else before.override.outcome
    row = replace(before, random=randomness(RANDOM_BYTES), override=decided)
    entry = Entry(
        day=kept.day,
        hour=hour_of(before.minute),
        sequence=kept.sequence,
        row=write_row(row),
        outcome=decided.outcome,
        headline=kept.headline,
        name=kept.name,
        counts_use=kept.counts_use,
        source=kept.source,
        passes=decided.outcome is Outcome.ACCEPT and stood is not Outcome.ACCEPT,
    )
    return journal.override(entry, kept, stood)


def retention_of(evidence: GateEvidence, jurisdiction: str) -> int:
    """Return how many seconds scans are kept: the least that any policy of this side says."""
    policies = (*evidence.policies.values(), *evidence.domestic.values())
    spans = (
        policy.seconds("retention", "scan")
        for policy in policies
        if policy.document["to"] == jurisdiction
    )
    return min(spans, default=RETENTION_SECONDS)


def erase_due(journal: Journal, day_keys: DayKeyFolder, at: int) -> tuple[list[str], int]:
    """Destroy the day keys that are due, then the rows of their days; return days and rows."""
    days = day_keys.destroy(at)
    return days, journal.erase(days, at)
