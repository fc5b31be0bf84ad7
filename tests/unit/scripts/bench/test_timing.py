"""Acts take turns, and each is timed as often as was asked for."""

from functools import partial

from scripts.bench.timing import measure


class TestMeasure:
    def test_alternates_after_a_warm_up(self) -> None:
        seen: list[str] = []
        found = measure({name: partial(seen.append, name) for name in "ab"}, rounds=3)
        assert seen == [*"ab", *"ababab"]
        assert {name: len(seconds) for name, seconds in found.items()} == {"a": 3, "b": 3}

    def test_blocks_begin_with_an_act_that_is_not_timed(self) -> None:
        seen: list[str] = []
        found = measure({name: partial(seen.append, name) for name in "ab"}, rounds=4, block=2)
        assert seen == [*"ab", *"aaabbbaaabbb"]
        assert {name: len(seconds) for name, seconds in found.items()} == {"a": 4, "b": 4}
