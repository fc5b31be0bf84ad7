"""A lane at work: codes as they are scanned, kept on disk before they are answered."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Final

from ledger.health.gate.decision import decide
from ledger.health.gate.lane import Identity, Match
from ledger.health.gate.outcome import Outcome
from scripts.bench.checkpoint import LANE, NOW, Checkpoint, NothingRemembered
from scripts.bench.gate_bundle import archive_of, opened
from scripts.bench.rows import Row, Unit, percentile
from scripts.bench.timing import timed
from scripts.steps import ROOT
from wallet.code_sources import codes_of
from wallet.commands.gate_scan import lines_of
from wallet.drawing import PAPER, draw
from wallet.embedded import Clocks
from wallet.gate.day_keys import DayKeyFolder
from wallet.gate.desk import Desk, Scanned
from wallet.gate.enrolment import Enrolment
from wallet.gate.journal import Journal

SUBJECT: Final = "gate at work"
PICTURES: Final = 300
NOTE: Final = (
    "Gate at work: time on the wall, each answer kept on disk before it is given. Lines are live "
    "codes sent at once, answered as --json; the limit is deciding them alone. Pictures are codes "
    "on paper as PNG files, one after the other."
)
_MATCHED: Final = (Match.MATCHED,)
_CLOCKS: Final = Clocks(lambda: NOW, time.monotonic, time.sleep)


def lane(place: Checkpoint, size: int) -> Iterator[Row]:
    """Measure lines and pictures at a gate that knows this."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        desk = _desk(place, Path(made))
        yield _lines(desk, place, size)
        yield from _pictures(desk, place, Path(made), size)


def _lines(desk: Desk, place: Checkpoint, size: int) -> Row:
    def alone() -> None:
        for text in place.live:
            decide(text, place.evidence, LANE, NOW, NothingRemembered(), _MATCHED)

    def scanned() -> None:
        waiting = deque(place.live)
        while waiting:
            _answer(desk, waiting)

    count = len(place.live)
    limit = Row.of(SUBJECT, "deciding alone", Unit.PER_SECOND, [count / timed(alone)])
    name, rates = "lines", [count / timed(scanned)]
    return Row.of(SUBJECT, name, Unit.PER_SECOND, rates, size=size, note=NOTE).beside(limit=limit)


def _pictures(desk: Desk, place: Checkpoint, folder: Path, size: int) -> Iterator[Row]:
    seconds = []
    for number, text in enumerate(place.paper[:PICTURES]):
        path = folder / f"{number}.png"
        draw(text, path, PAPER)
        seconds.append(timed(_Shown(desk, path)))
    tail = [percentile(sorted(seconds), 95)]
    for name, samples in (("a picture", seconds), ("a picture, of 100 the 95th", tail)):
        yield Row.of(SUBJECT, name, Unit.SECONDS, samples, size=size, note=NOTE)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture that is held before the camera."""

    desk: Desk
    path: Path

    def __call__(self) -> None:
        waiting = deque(codes_of(str(self.path)))
        _answer(self.desk, waiting)


def _answer(desk: Desk, waiting: deque[str]) -> None:
    """Answer the first of the codes that wait, each person compared."""
    compared = deque[Identity](repeat(Match.MATCHED, len(waiting)))
    "".join(lines_of(_accepted(desk.scan_together(waiting, _CLOCKS, compared))))


def _accepted(found: Sequence[Scanned]) -> Sequence[Scanned]:
    for each in found:
        if each.report.outcome is not Outcome.ACCEPT:
            raise ValueError(f"{each.report.outcome}: {each.report.headline}")
    return found


def _desk(place: Checkpoint, folder: Path) -> Desk:
    enrolment = Enrolment(
        jurisdiction=LANE.jurisdiction,
        agency="SAMPLE",
        checkpoint=LANE.checkpoint,
        port=LANE.port,
        lane=LANE.name,
        purpose=LANE.purpose,
        zone="Asia/Macau",
        is_automatic=False,
        key="reader",
    )
    keys = DayKeyFolder(folder / "day-keys", LANE.checkpoint, enrolment.zone, os.urandom)
    bundle = replace(opened(archive_of(1)), evidence=place.evidence)
    journal = Journal(folder / "journal.db", LANE.port)
    return Desk(enrolment, bundle, journal, keys, os.urandom, lambda _at: 0)
