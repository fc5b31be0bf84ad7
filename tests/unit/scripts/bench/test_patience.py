"""Waiting ends."""

import pytest

from scripts.bench.patience import TooSlow, at_most, until


class TestUntil:
    def test_returns_once_it_holds(self) -> None:
        answers = iter([False, False, True])
        assert until(lambda: next(answers), "it", pause=0) > 0

    def test_gives_up(self) -> None:
        with pytest.raises(TooSlow, match="it: not in 0 s"):
            until(lambda: False, "it", seconds=0, pause=0)


class TestAtMost:
    def test_ends_whatever_hangs(self) -> None:
        with pytest.raises(TooSlow, match="it: not in 1 s"), at_most(1, "it"):
            until(lambda: False, "something longer", seconds=60)

    def test_leaves_alone_what_ends_in_time(self) -> None:
        with at_most(60, "it"):
            pass
