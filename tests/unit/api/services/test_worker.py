from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from api.services.worker import LONGEST_BACK_OFF, Step, Worker, WorkerBusy
from api.store.database import StoreUnavailable
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


@dataclass
class World:
    """The second and what is written; None stands for a database that does not answer."""

    state: int | None = 0

    def __call__(self) -> int:
        if self.state is None:
            raise StoreUnavailable("gone")
        return self.state


def worker(clock: Clock, *duties: Duty, state: Callable[[], object] = object) -> Worker:
    """Of a `state` that never stays the same, unless there is one."""
    steps = [Step(f"duty {number}", duty) for number, duty in enumerate(duties)]
    return made_of(steps, clock, state)


def made_of(steps: Sequence[Step], clock: Clock, state: Callable[[], object]) -> Worker:
    return Worker(steps, poll_seconds=0.5, state=state, monotonic=clock.monotonic, wait=clock.wait)


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


class TestIdle:
    """A step that did nothing is passed over until the second turns or something is written."""

    def test_is_passed_over_while_the_state_stays(self) -> None:
        world, duty = World(), Duty([])
        made = worker(Clock(), duty, state=world)
        for _ in range(5):
            assert made.run_once() == 0
        assert len(duty.runs) == 1

    def test_runs_in_the_first_pass_of_another_state(self) -> None:
        world, duty = World(), Duty([0, 3])
        made = worker(Clock(), duty, state=world)
        made.run_once()
        world.state = 1
        assert made.run_once() == 3

    def test_runs_again_after_it_did_something(self) -> None:
        duty = Duty([1, 1, 0])
        made = worker(Clock(), duty, state=World())
        for _ in range(6):
            made.run_once()
        assert len(duty.runs) == 3

    def test_runs_again_when_something_was_written_while_it_ran(self) -> None:
        world, duty = World(), Duty([])

        def look(flush: bool) -> int:  # noqa: FBT001  # as Step.run
            world.state = 1
            return duty(flush)

        made = made_of([Step("looks too early", look)], Clock(), world)
        for _ in range(3):
            made.run_once()
        assert len(duty.runs) == 2

    def test_does_not_hold_up_another_one_with_work_to_do(self) -> None:
        idle, busy = Duty([]), Duty([2] * 9)
        made = worker(Clock(), idle, busy, state=World())
        assert [made.run_once() for _ in range(3)] == [2, 2, 2]
        assert len(idle.runs) == 1

    def test_runs_in_every_pass_where_it_polls_and_before_the_state_is_told(self) -> None:
        world, waiting = World(), Duty([0, 3])

        def write(_flush: bool) -> int:  # noqa: FBT001  # as Step.run
            world.state = (world.state or 0) + 1
            return 0

        steps = [Step("waiting", waiting), Step("projection", write, polls=True)]
        made = made_of(steps, Clock(), world)
        assert [made.run_once(), made.run_once()] == [0, 3]

    def test_is_tried_when_its_rest_is_over_though_the_state_stayed(self) -> None:
        clock, duty = Clock(), Duty([0, ChainUnavailable("gone"), ChainUnavailable("gone"), 0])
        world = World()
        made = worker(clock, duty, state=world)
        made.run_once()
        world.state = 1
        tried = []
        for _ in range(20):
            before = len(duty.runs)
            made.run_once()
            if len(duty.runs) > before:
                tried.append(clock.now)
            clock.now += 0.5
        assert tried == [0.0, 1.0, 3.0]

    def test_is_nothing_that_a_silent_database_tells(self) -> None:
        world, duty = World(None), Duty([])
        made = worker(Clock(), duty, state=world)
        for _ in range(3):
            made.run_once()
        assert len(duty.runs) == 3


class TestRunUntilIdle:
    def test_runs_every_step_whatever_the_state(self) -> None:
        duty, world = Duty([0, 0, 0]), World()
        made = worker(Clock(), duty, Duty([0, 1, 0]), state=world)
        made.run_once()
        made.run_until_idle()
        assert duty.runs == [False, True, True]

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
