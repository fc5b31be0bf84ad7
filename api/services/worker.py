"""The worker: one loop over the background steps, each guarded from the others' failures.

What a step does follows from the second and the database. While both are as they were before it
last did nothing, it would do nothing again, and is passed over: to look often costs next to nothing
where nothing happens.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from ledger.errors import LedgerError, Unavailable

LONGEST_BACK_OFF: Final = 30.0
"""Seconds; a step that keeps failing is tried this often."""
IDLE_PASSES: Final = 10_000


@dataclass(eq=False)
class WorkerBusy(Unavailable):
    """The worker did not come to rest."""

    step: str


@dataclass(slots=True)
class Step:
    """One background duty; `run` gets `flush` and returns how much it did, 0 when idle.

    One that `polls` goes by more than the second and the database, and runs in every pass.
    """

    name: str
    run: Callable[[bool], int]
    polls: bool = False
    failures: int = field(default=0, init=False)
    not_before: float = field(default=0.0, init=False)
    idle_in: object = field(default=None, init=False)


class Worker:
    """Runs its steps in their order, over and over.

    A failure is logged by its name, never by values that may hold personal data, and the step
    rests: twice as long after each failure, up to half a minute, while the others go on.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        poll_seconds: float,
        state: Callable[[], object],
        monotonic: Callable[[], float],
        wait: Callable[[float], bool],
    ) -> None:
        """`state` tells the second and what is written: equal only while neither has moved.

        `wait` sleeps for some seconds, or less when the worker is to stop; then it is true.
        """
        self.steps = tuple(steps)
        self._poll_seconds = poll_seconds
        self._state = state
        self._monotonic = monotonic
        self._wait = wait
        self._log = structlog.get_logger("worker")

    def run(self, leads: Callable[[], bool] = lambda: True) -> None:
        """Loop until told to stop; a pass that did something is followed by the next at once.

        `leads` is asked before each pass; while another process leads, this one waits.
        """
        self._log.info("started", steps=[step.name for step in self.steps])
        pause = 0.0
        while not self._wait(pause):
            pause = 0.0 if self._may(leads) and self.run_once() else self._poll_seconds
        self._log.info("stopped")

    def run_once(self) -> int:
        """Run every step that neither rests nor is idle; return how much was done.

        Those that poll come first: what they write, the others see in the same pass.
        """
        done = sum(self._guarded(step, None) for step in self.steps if step.polls)
        state = self._present()
        due = (step for step in self.steps if not step.polls and step.idle_in != state)
        return done + sum(self._guarded(step, state) for step in due)

    def run_until_idle(self) -> None:
        """Run until nothing is left to do, without waiting for batches to fill or age.

        For tests and demonstrations: failures are raised. Raises `WorkerBusy` in the end.
        """
        for _ in range(IDLE_PASSES):
            busy = ""
            for step in self.steps:
                busy = step.name if step.run(True) else busy  # noqa: FBT003  # flush, by the name of Step.run
            if not busy:
                return
            self._wait(min(self._poll_seconds, 0.01))
        raise WorkerBusy(busy)

    def _may(self, leads: Callable[[], bool]) -> bool:
        try:
            return leads()
        except Unavailable as failure:
            self._log.warning("failed", step="lease", error=type(failure).__name__)
            return False

    def _present(self) -> object:
        """Return the state; one of its own where nobody can say, in which no step was idle yet."""
        try:
            return self._state()
        except Unavailable:
            return object()

    def _guarded(self, step: Step, state: object) -> int:
        if self._monotonic() < step.not_before:
            return 0
        step.idle_in = None
        try:
            done = step.run(False)  # noqa: FBT003  # flush, by the name of Step.run
        except Exception as failure:  # noqa: BLE001  # one step's defect must not end the others
            self._rest(step, failure)
            return 0
        if step.failures:
            self._log.info("recovered", step=step.name, failures=step.failures)
            step.failures = 0
        if done == 0:
            step.idle_in = state
        return done

    def _rest(self, step: Step, failure: Exception) -> None:
        step.failures += 1
        seconds = min(self._poll_seconds * 2 ** min(step.failures, 16), LONGEST_BACK_OFF)
        step.not_before = self._monotonic() + seconds
        self._log.warning(
            "failed",
            step=step.name,
            error=type(failure).__name__,
            where=None if isinstance(failure, LedgerError) else _where(failure),
            failures=step.failures,
            seconds=seconds,
        )


def _where(failure: Exception) -> str:
    """Return file and line alone: a defect's own words may hold personal data."""
    frame = traceback.extract_tb(failure.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"
