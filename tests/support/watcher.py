"""A terminal at which commands wait, and what happens meanwhile."""

from collections.abc import Callable
from dataclasses import replace

from tests.support.terminal import Terminal
from wallet.embedded import Clocks
from wallet.surroundings import Surroundings


class Watcher(Terminal):
    """A terminal at which time passes only while a command sleeps."""

    def __init__(self, like: Terminal, steps: list[Callable[[], object]]) -> None:
        super().__init__(like.folder, like.now, randomness=like.randomness)
        self._steps = steps
        self.slept: list[float] = []

    @property
    def outside(self) -> Surroundings:
        clocks = Clocks(lambda: self.now, lambda: 0.0, self._sleep)
        return replace(super().outside, clocks=clocks)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._steps.pop(0)()


class Patient(Watcher):
    """A terminal at which the same happens each time that a command sleeps."""

    def __init__(self, like: Terminal, meanwhile: Callable[[], object]) -> None:
        super().__init__(like, [])
        self.meanwhile = meanwhile

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()
