"""Why somebody was refused at 10:42 in lane 7: the row, and the verdict worked out once more."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import Refused
from ledger.health.appeals import MOMENTARY
from ledger.health.day_keys import DayKey
from ledger.health.gate.decision import decide
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.lane import Match
from ledger.health.gate.report import PersonReport, citations_to_json
from ledger.health.presentations import MAX_PASSES
from ledger.health.scans import MINUTE_SECONDS, ScanRow
from wallet.gate.enrolment import Enrolment


@dataclass(eq=False)
class CodeOfAnother(Refused):
    """The code is not the one that was scanned under this number. Bring the pass shown then.

    Without it the row alone can be explained; so it is once the day's key was destroyed.
    """

    number: str


@dataclass(eq=False)
class NoCodeForAppeal(Refused):
    """There is no code in it. Bring the pass that was shown then, as a picture or as text."""

    source: str


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the cited versions say of the same code; `agrees` leaves out what was of the moment."""

    person: PersonReport
    agrees: bool
    cites_the_same: bool


@dataclass(frozen=True, slots=True)
class NothingSeen:
    """A memory of nothing: what came before a scan is in its row, and nowhere else."""

    def was_shown(self, subject: bytes, time: int) -> bool:  # noqa: ARG002  # lane.Memory
        """Nothing was."""
        return False

    def uses(self, subject: bytes) -> int:  # noqa: ARG002  # lane.Memory
        """None."""
        return 0

    def admitted(self, source: str, port: str) -> int:  # noqa: ARG002  # lane.Memory
        """Nobody."""
        return 0


def recompute(
    row: ScanRow,
    text: str,
    evidence: GateEvidence,
    enrolment: Enrolment,
    keys: Iterable[DayKey],
    number: str,
) -> Recomputed:
    """Judge the code of a scan once more at its minute, by `evidence` of the bundle it cites.

    The row has no seconds, so first and last second of the minute are tried, and the one that
    agrees is taken. Raises `CodeOfAnother` unless the code is the one of the row.
    """
    named = {row.key} if row.key is not None else set()
    found = [
        (person, at)
        for at in (row.minute, row.minute + MINUTE_SECONDS - 1)
        for person in _people(text, evidence, enrolment, at)
        if _names(person, keys) & named or (person.effects is None and row.key is None)
    ]
    if not found:
        raise CodeOfAnother(number)
    judged = [Recomputed(person, _agrees(person, row), _cites(person, row)) for person, _ in found]
    return next((each for each in judged if each.agrees), judged[0])


def _people(
    text: str, evidence: GateEvidence, enrolment: Enrolment, at: int
) -> tuple[PersonReport, ...]:
    lane = enrolment.at_lane({})
    return decide(text, evidence, lane, at, NothingSeen(), [Match.MATCHED] * MAX_PASSES).people


def _names(person: PersonReport, keys: Iterable[DayKey]) -> set[bytes]:
    if person.effects is None:
        return set()
    return {key.pseudonym(person.effects.subject) for key in keys}


def _agrees(person: PersonReport, row: ScanRow) -> bool:
    now = {finding.reason for finding in person.findings} - MOMENTARY
    return now == set(row.reasons) - MOMENTARY


def _cites(person: PersonReport, row: ScanRow) -> bool:
    return citations_to_json(person.citations, row.minute) == row.citations
