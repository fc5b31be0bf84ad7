from dataclasses import dataclass

import pytest

from api.services import recent
from api.services.recent import Recent


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class TestLoad:
    def test_reads_once_while_it_is_young(self) -> None:
        clock = Clock()
        seen: Recent[str, int] = Recent(1.0, clock)
        values = iter((1, 2))
        assert seen.get("a") is None
        assert seen.load("a", lambda: next(values)) == 1
        clock.now += 0.999
        assert seen.load("a", lambda: next(values)) == seen.get("a") == 1
        clock.now += 0.001
        assert seen.get("a") is None
        assert seen.load("a", lambda: next(values)) == 2

    def test_is_as_old_as_the_beginning_of_its_reading(self) -> None:
        clock = Clock()
        seen: Recent[str, int] = Recent(1.0, clock)

        def slow() -> int:
            clock.now += 1.0
            return 1

        assert seen.load("a", slow) == 1
        assert seen.get("a") is None

    def test_remembers_no_failure(self) -> None:
        seen: Recent[str, int] = Recent(1.0, Clock())
        with pytest.raises(ZeroDivisionError):
            seen.load("a", lambda: 1 // 0)
        assert seen.load("a", lambda: 2) == 2

    def test_keeps_no_more_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recent, "MOST_KEPT", 2)
        seen: Recent[int, int] = Recent(1.0, Clock())
        for number in range(3):
            seen.load(number, lambda: number)  # noqa: B023  # called at once
        assert [seen.get(number) for number in range(3)] == [None, None, 2]


class TestForget:
    def test_holds_for_what_was_being_read_meanwhile(self) -> None:
        seen: Recent[str, int] = Recent(1.0, Clock())

        def overtaken() -> int:
            seen.forget("a")
            return 1

        assert seen.load("a", overtaken) == 1
        assert seen.get("a") is None
