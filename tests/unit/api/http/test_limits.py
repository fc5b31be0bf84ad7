import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from fastapi import Request

from api.http import limits
from api.http.limits import Allowances, Buckets, Rates, Streams, address_of
from api.http.problems import TooManyEventStreams, TooManyRequests
from api.services.refusals import SessionUnknown
from ledger.values import Address

ACCOUNT = Address("0x" + "ab" * 20)


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


class TestStreams:
    def test_are_bounded_for_each_name(self) -> None:
        streams = Streams(1)
        with streams.one("a"), streams.one("b"):
            with pytest.raises(TooManyEventStreams) as caught, streams.one("a"):
                raise AssertionError
            assert caught.value.limit == 1
        with streams.one("a"):
            pass

    def test_end_with_whoever_fails(self) -> None:
        streams = Streams(1)
        with pytest.raises(RuntimeError), streams.one("a"):
            raise RuntimeError
        with streams.one("a"):
            pass


class OnLoop:
    """Sign-ins that know some tokens, and may be asked without a thread alone."""

    def __init__(self, remembered: Mapping[str, Address], stored: Mapping[str, Address]) -> None:
        self._stored = stored
        self.recall = remembered.get

    async def ask(self, token: str) -> Address:
        try:
            return self._stored[token]
        except KeyError:
            raise SessionUnknown from None


class TestPaceStranger:
    @pytest.mark.parametrize("name", ["remembered", "stored"])
    def test_asks_on_the_loop_whom_a_token_speaks_for(self, name: str) -> None:
        allowances = self.paced(name)
        allowances.strangers.take("unknown")
        with pytest.raises(TooManyRequests):
            allowances.accounts.take(ACCOUNT)

    def test_takes_a_token_of_nobody_for_none(self) -> None:
        allowances = self.paced("nobody's")
        allowances.accounts.take(ACCOUNT)
        with pytest.raises(TooManyRequests):
            allowances.strangers.take("unknown")

    def paced(self, token: str) -> Allowances:
        """Return allowances of one each, after a request with a token."""
        allowances = Allowances(Rates(stranger=1, account=1, burst_seconds=1), Clock())
        app = SimpleNamespace(state=SimpleNamespace(limits=allowances))
        headers = [(b"authorization", f"Bearer {token}".encode())]
        request = Request({"type": "http", "app": app, "headers": headers})
        sign_ins = OnLoop({"remembered": ACCOUNT}, {"stored": ACCOUNT})
        asyncio.run(limits.pace_stranger(request, sign_ins))  # type: ignore[arg-type]  # a fake
        return allowances
