from dataclasses import dataclass

from api.services.second_tries import EVERY_SECONDS, SecondTries

NOW = 10**9


@dataclass
class Refused:
    """Counts how often its anchors were put back."""

    tries: int = 0

    def try_again(self) -> int:
        self.tries += 1
        return 3


class TestStep:
    def test_tries_again_once_a_minute(self) -> None:
        batches, times = Refused(), iter([NOW, NOW + EVERY_SECONDS - 1, NOW + EVERY_SECONDS])
        tries = SecondTries(batches, lambda: next(times))
        assert [tries.step() for _ in range(3)] == [3, 0, 3]
        assert batches.tries == 2
