"""The gate's decision in process: passes on paper and live, codes of others, and a mix of them."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle
from typing import Final

from ledger.health.gate.decision import decide
from ledger.health.gate.lane import Match
from ledger.health.gate.outcome import Outcome
from scripts.bench.checkpoint import LANE, NOW, Checkpoint, NothingRemembered, checkpoint
from scripts.bench.gate_lane import lane
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.timing import measure

SUBJECT: Final = "gate"
CODES: Final = 2_000
"""More than any cache of keys holds."""
ROUNDS: Final = 2_000
NOTE: Final = (
    "Gate: processor time of one decision, from the scanned text to the report; size is the live "
    "passes that the gate's allow list holds, in hourly segments. 2,000 codes in turn, each holder "
    "with a key of their own. The mix is a third of each kind, whose limit is the signatures alone."
)


def gate(run: Run) -> Iterator[Row]:
    """Measure every kind of code at each size of what the gate knows."""
    for size in run.sizes_or(1_000, 30_000, 300_000):
        run.say(f"gate: {size:,} live passes")
        place = checkpoint(size, CODES)
        gc.collect()
        gc.freeze()  # as a gate does once it has read its bundle
        try:
            yield from _decisions(place, size)
            yield from lane(place, size)
        finally:
            gc.unfreeze()


def _decisions(place: Checkpoint, size: int) -> Iterator[Row]:
    signature = place.signer.sign(b"limit")
    public_key = place.signer.public_key

    def signatures(count: int) -> Callable[[], None]:
        def act() -> None:
            for _ in range(count):
                public_key.verify(b"limit", signature)

        return act

    mixed = list(chain.from_iterable(zip(place.paper, place.live, place.foreign, strict=True)))
    acts = {
        "P-256 verify": signatures(1),
        "two P-256 verifies": signatures(2),
        "on paper": _decider(place, place.paper),
        "live": _decider(place, place.live),
        "of another country": _decider(place, place.foreign),
        "mix": _decider(place, mixed),
    }
    times = measure(acts, ROUNDS, block=50, clock=time.process_time)
    found = {
        name: Row.of(SUBJECT, name, Unit.SECONDS, seconds, size=size, note=NOTE)
        for name, seconds in times.items()
    }
    yield found["on paper"].beside(limit=found["P-256 verify"])
    yield found["live"].beside(limit=found["two P-256 verifies"])
    yield found["of another country"].beside(limit=found["P-256 verify"])
    seconds = sum(times["mix"]) / len(times["mix"])
    bare = sum(times["P-256 verify"]) / len(times["P-256 verify"]) * 4 / 3  # one of three has two
    rate = Row.of(SUBJECT, "decisions, mix", Unit.PER_SECOND, [1 / seconds], size=size, note=NOTE)
    limit = Row.of(SUBJECT, "their signatures alone", Unit.PER_SECOND, [1 / bare])
    yield rate.beside(limit=limit)


def _decider(place: Checkpoint, codes: Sequence[str]) -> Callable[[], None]:
    turn, memory, compared = cycle(codes), NothingRemembered(), (Match.MATCHED,)

    def act() -> None:
        report = decide(next(turn), place.evidence, LANE, NOW, memory, compared)
        if report.outcome is not Outcome.ACCEPT:
            raise ValueError(f"{report.outcome}: {report.headline}")

    return act
