from dataclasses import dataclass, field

from api.services.housekeeping import (
    EVERY_SECONDS,
    KEPT_SECONDS,
    STALLED_SECONDS,
    Housekeeping,
)

NOW = 10**9


@dataclass
class Forgetful:
    """Notes what it was told to forget."""

    told: list[tuple[int, ...]] = field(default_factory=list)

    def forget(self, *before: int) -> None:
        self.told.append(before)


class TestStep:
    def test_forgets_once_an_hour(self) -> None:
        sign_ins, links, answers, jobs = (Forgetful() for _ in range(4))
        times = iter([NOW, NOW + EVERY_SECONDS - 1, NOW + EVERY_SECONDS])
        housekeeping = Housekeeping(sign_ins, links, answers, jobs, lambda: next(times))  # type: ignore[arg-type]  # the stores' parts in memory
        assert [housekeeping.step() for _ in range(3)] == [0, 0, 0]
        day_before = NOW - KEPT_SECONDS
        assert sign_ins.told[0] == (day_before, day_before)
        assert answers.told == [(day_before,), (day_before + EVERY_SECONDS,)]
        assert jobs.told[0] == (NOW - STALLED_SECONDS, day_before)
        assert links.told == [(NOW,), (NOW + EVERY_SECONDS,)]
