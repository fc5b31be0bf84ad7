from dataclasses import dataclass

from api.services.second_tries import EVERY_SECONDS, SecondTries

NOW = 10**9


@dataclass
class Refused:
    """Counts how often it was tried again."""

    tries: int = 0

    def try_again(self) -> int:
        self.tries += 1
        return 3


class TestStep:
    def test_tries_again_once_a_minute(self) -> None:
        anchors, changes = Refused(), Refused()
        times = iter([NOW, NOW + EVERY_SECONDS - 1, NOW + EVERY_SECONDS])
        tries = SecondTries((anchors, changes), lambda: next(times))
        assert [tries.step() for _ in range(3)] == [6, 0, 6]
        assert (anchors.tries, changes.tries) == (2, 2)
