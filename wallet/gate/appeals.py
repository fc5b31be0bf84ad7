"""Why somebody was refused at 10:42 in lane 7: the row, and the verdict worked out once more."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ledger.errors import LedgerError, Refused
from ledger.health import passes, qr_text
from ledger.health.appeals import judged_again
from ledger.health.day_keys import DayKey
from ledger.health.gate.decision import decide, judge_as_live
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.lane import Lane, Match
from ledger.health.gate.report import PersonReport, citations_to_json
from ledger.health.presentations import MAX_PASSES
from ledger.health.scans import MINUTE_SECONDS, ScanRow
from wallet.gate.enrolment import Enrolment

_CLOCK_ERRORS: Final = (0, None, 86_400)
"""What a gate's clock may have been wrong by: nothing, what nobody measured, a day at most."""


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

    The row tells neither the second nor how a pass was shown nor what the clock was wrong by. All
    that it may have been is tried, and what agrees with the row is taken: a pass that comes to the
    desk as its text (`SZ1:`) is judged as shown live, too, which it most often was. Raises
    `CodeOfAnother` unless the code is the one of the row.
    """
    named = {row.key} if row.key is not None else set()
    found = [
        person
        for error in _CLOCK_ERRORS
        for at in (row.minute, row.minute + MINUTE_SECONDS - 1)
        for person in _people(text, evidence, enrolment.at_lane({}, error), at)
        if _names(person, keys) & named or (person.effects is None and row.key is None)
    ]
    if not found:
        raise CodeOfAnother(number)
    judged = [Recomputed(person, _agrees(person, row), _cites(person, row)) for person in found]
    return next((each for each in judged if each.agrees), judged[0])


def _people(text: str, evidence: GateEvidence, lane: Lane, at: int) -> Iterator[PersonReport]:
    """Yield all that the code's people may have been answered; live before paper."""
    if text.startswith(passes.PREFIX):
        with suppress(LedgerError):  # what cannot be read is told below
            encoded = qr_text.decode(passes.PREFIX, text)
            yield judge_as_live(encoded, evidence, lane, at, NothingSeen())
    matched = [Match.MATCHED] * MAX_PASSES
    yield from decide(text, evidence, lane, at, NothingSeen(), matched).people


def _names(person: PersonReport, keys: Iterable[DayKey]) -> set[bytes]:
    if person.effects is None:
        return set()
    return {key.pseudonym(person.effects.subject) for key in keys}


def _agrees(person: PersonReport, row: ScanRow) -> bool:
    """Whether outcome and reasons are the row's, what was of the moment taken from it."""
    again = judged_again(row, person)
    return (again.outcome, set(again.reasons)) == (row.outcome, set(row.reasons))


def _cites(person: PersonReport, row: ScanRow) -> bool:
    return citations_to_json(person.citations, row.minute) == row.citations
