"""Programs that end, and what a parent does about it; see tests/integration/wallet for the kill."""

import os
import sys
from pathlib import Path

import pytest

from wallet.processes import Backoff, Child, ProgramEnded


def child(tmp_path: Path, code: str) -> Child:
    return Child("test", [sys.executable, "-c", code], dict(os.environ), tmp_path / "log" / "a.log")


class TestChild:
    def test_keeps_what_it_says(self, tmp_path: Path) -> None:
        program = child(tmp_path, "print('hello')")
        program.start()
        assert program.wait() == 0
        assert program.last_words() == "hello"

    def test_tells_that_and_how_it_ended(self, tmp_path: Path) -> None:
        program = child(tmp_path, "raise SystemExit('out of luck')")
        program.start()
        program.wait()
        with pytest.raises(ProgramEnded, match="out of luck"):
            program.require()

    def test_starts_once(self, tmp_path: Path) -> None:
        program = child(tmp_path, "import time; time.sleep(60)")
        program.start()
        first = program.pid
        program.start()
        assert program.pid == first
        program.stop()
        assert (program.pid, program.was_started) == (None, False)

    def test_that_never_ran_may_be_stopped(self, tmp_path: Path) -> None:
        program = child(tmp_path, "")
        program.stop()
        assert program.pid is None


class TestBackoff:
    def test_doubles_while_a_program_keeps_ending(self) -> None:
        backoff, now, waits = Backoff(), 100.0, []
        for _ in range(9):
            backoff.started(now)
            wait = next(w / 4 for w in range(1, 1000) if backoff.is_due(now + w / 4))
            waits.append(wait)
            now += wait
        assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]

    def test_begins_anew_after_a_healthy_minute(self) -> None:
        backoff = Backoff()
        for now in (0.0, 1.0, 2.0):
            backoff.started(now)
        backoff.started(100.0)
        assert not backoff.is_due(100.4)
        assert backoff.is_due(100.5)

    def test_lets_the_first_start_pass(self) -> None:
        assert Backoff().is_due(0.0)
