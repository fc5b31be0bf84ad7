from dataclasses import dataclass

import pytest

from api.http import limits
from api.http.limits import Buckets, address_of
from api.http.problems import TooManyRequests


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class TestTake:
    def test_gives_a_burst_then_the_rate(self) -> None:
        clock = Clock()
        buckets = Buckets(0.5, 6, clock)
        for _ in range(3):
            buckets.take("a")
        with pytest.raises(TooManyRequests) as caught:
            buckets.take("a")
        assert caught.value.retry_after_seconds == 2
        clock.now = 1.9
        with pytest.raises(TooManyRequests):
            buckets.take("a")
        clock.now = 2.1
        buckets.take("a")
        with pytest.raises(TooManyRequests):
            buckets.take("a")

    def test_does_not_save_more_than_a_burst(self) -> None:
        clock = Clock()
        buckets = Buckets(1, 2, clock)
        buckets.take("a")
        clock.now = 1000
        buckets.take("a")
        buckets.take("a")
        with pytest.raises(TooManyRequests):
            buckets.take("a")

    def test_keeps_names_apart(self) -> None:
        buckets = Buckets(1, 1, Clock())
        buckets.take("a")
        buckets.take("b")
        with pytest.raises(TooManyRequests):
            buckets.take("a")

    def test_forgets_the_longest_unused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MOST_KEPT", 2)
        buckets = Buckets(1, 1, Clock())
        for name in "abc":
            buckets.take(name)
        buckets.take("a")
        with pytest.raises(TooManyRequests):
            buckets.take("c")

    def test_takes_all_where_there_is_no_limit(self) -> None:
        buckets = Buckets(0, 10, Clock())
        for _ in range(1000):
            buckets.take("a")


class TestAddressOf:
    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("testclient", "testclient"),
        ],
    )
    def test_is_what_one_host_has(self, host: str, expected: str) -> None:
        assert address_of({"client": (host, 5)}) == expected

    def test_is_one_for_all_who_have_none(self) -> None:
        assert address_of({"client": None}) == address_of({}) == "unknown"
