from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from api.services.worker import LONGEST_BACK_OFF, Step, Worker, WorkerBusy
from ledger.errors import ChainUnavailable

SECRET = "11010519491231002X"  # noqa: S105  # a made-up number that must not reach the log


@dataclass
class Clock:
    """Moves by what is waited; stops the worker after `waits`."""

    now: float = 0.0
    waits: int = 100
    waited: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        self.waited.append(seconds)
        return len(self.waited) > self.waits


@dataclass
class Duty:
    """Does what is scripted: a number of things done, or a failure."""

    script: list[int | Exception]
    runs: list[bool] = field(default_factory=list)

    def __call__(self, flush: bool) -> int:  # noqa: FBT001  # as Step.run
        self.runs.append(flush)
        done = self.script.pop(0) if self.script else 0
        if isinstance(done, Exception):
            raise done
        return done


def worker(clock: Clock, *duties: Duty) -> Worker:
    steps = [Step(f"duty {number}", duty) for number, duty in enumerate(duties)]
    return Worker(steps, poll_seconds=0.5, monotonic=clock.monotonic, wait=clock.wait)


class TestRun:
    def test_polls_when_idle_and_goes_on_at_once_when_busy(self) -> None:
        clock = Clock(waits=4)
        worker(clock, Duty([0, 2, 0])).run()
        assert clock.waited == [0.0, 0.5, 0.0, 0.5, 0.5]

    def test_stops_when_told(self) -> None:
        clock, duty = Clock(waits=0), Duty([])
        worker(clock, duty).run()
        assert duty.runs == []

    def test_does_nothing_while_another_leads(self) -> None:
        clock, duty = Clock(waits=5), Duty([1] * 9)
        leads = iter([False, False, True, False, False])
        worker(clock, duty).run(leads=lambda: next(leads))
        assert len(duty.runs) == 1

    def test_goes_on_when_nobody_can_say_who_leads(self) -> None:
        clock, duty = Clock(waits=2), Duty([])
        answers = [ChainUnavailable("gone")]

        def leads() -> bool:
            if answers:
                raise answers.pop()
            return True

        worker(clock, duty).run(leads)
        assert len(duty.runs) == 1


class TestRunOnce:
    def test_runs_every_step_in_order_though_one_fails(self) -> None:
        clock = Clock()
        first, second = Duty([ChainUnavailable("no node answers")]), Duty([3])
        assert worker(clock, first, second).run_once() == 3
        assert (first.runs, second.runs) == ([False], [False])

    def test_lets_a_failing_step_rest_longer_and_longer(self) -> None:
        clock, duty = Clock(), Duty([ChainUnavailable("gone")] * 40)
        made = worker(clock, duty)
        tried = []
        while clock.now < 200:
            before = len(duty.runs)
            made.run_once()
            if len(duty.runs) > before:
                tried.append(clock.now)
            clock.now += 0.5
        rests = [later - earlier for earlier, later in pairwise(tried)]
        assert rests[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
        assert set(rests[5:]) == {LONGEST_BACK_OFF}

    def test_forgets_failures_after_a_success(self) -> None:
        clock = Clock()
        duty = Duty([ChainUnavailable("gone"), 1, ChainUnavailable("gone"), 1])
        made = worker(clock, duty)
        with capture_logs() as log:
            for _ in range(4):
                made.run_once()
                clock.now += 1.0
        assert [entry["event"] for entry in log] == ["failed", "recovered"] * 2
        assert [entry["failures"] for entry in log] == [1, 1, 1, 1]

    def test_logs_a_defect_by_place_and_never_by_its_words(self) -> None:
        with capture_logs() as log:
            worker(Clock(), Duty([ValueError(SECRET)])).run_once()
        (entry,) = log
        assert entry["error"] == "ValueError"
        assert "test_worker.py:" in entry["where"]
        assert SECRET not in str(entry)


class TestRunUntilIdle:
    def test_flushes_until_nothing_is_left(self) -> None:
        duty, other = Duty([1, 0, 0]), Duty([0, 2, 0])
        worker(Clock(), duty, other).run_until_idle()
        assert duty.runs == other.runs == [True] * 3

    def test_raises_what_fails(self) -> None:
        with pytest.raises(ChainUnavailable):
            worker(Clock(), Duty([ChainUnavailable("gone")])).run_until_idle()

    def test_gives_up_on_a_step_that_never_rests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.services.worker.IDLE_PASSES", 5)
        with pytest.raises(WorkerBusy) as caught:
            worker(Clock(), Duty([0] * 9), Duty([1] * 9)).run_until_idle()
        assert caught.value.step == "duty 1"
