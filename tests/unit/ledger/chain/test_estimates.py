"""Gas for many: like calls are estimated once, and none leaves with less than it takes."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from ledger.chain.estimates import ALLOWANCE_PERCENT, estimates
from ledger.chain.fees import MAX_GAS
from ledger.chain.rpc import Node, Request, RpcRefused
from ledger.errors import ChainUnavailable, RevertUnknown
from ledger.outbox import Intent
from ledger.values import Address

ACCOUNT, CONTRACT, OTHER = (Address("0x" + digit * 40) for digit in "123")


class GasMeter:
    """A node on which each call takes as much gas as its last four bytes say; 0 reverts."""

    def __init__(self, *, calls_fail: str = "", estimates_fail: str = "") -> None:
        self.asked: list[str] = []
        self._fails = {"eth_call": calls_fail, "eth_estimateGas": estimates_fail}

    def outcomes(self, requests: Sequence[Request]) -> list[Any]:
        return [self._outcome(method, *params) for method, params in requests]

    def _outcome(self, method: str, call: dict[str, str], block: str) -> str | RpcRefused:
        assert block == "pending"
        self.asked.append(method)
        if self._fails[method]:
            return RpcRefused(self._fails[method], -32000)
        needed = int(call["data"][-8:], 16)
        if not needed:
            return RpcRefused("execution reverted", 3, b"\x12\x34\x56\x78")
        if method == "eth_call" and int(call["gas"], 16) < needed:
            return RpcRefused("out of gas", -32000)
        return "0x" if method == "eth_call" else hex(needed)


def taking(gas: int, to: Address = CONTRACT, selector: bytes = b"abcd", more: int = 0) -> Intent:
    call = selector + bytes(more) + gas.to_bytes(4)
    return Intent(id=call, chain_id=1, account=ACCOUNT, to=to, call=call)


def found(meter: GasMeter, *intents: Intent) -> list[Any]:
    return list(estimates(cast("Node", meter), intents))


class TestEstimates:
    def test_of_like_calls_one_is_estimated(self) -> None:
        meter = GasMeter()
        limit = 100_000 * (100 + ALLOWANCE_PERCENT) // 100
        told = found(meter, taking(100_000), taking(99_000), taking(limit))
        assert told == [100_000, limit, limit]
        assert meter.asked == ["eth_estimateGas", "eth_call", "eth_call"]

    def test_one_that_takes_more_is_estimated_itself(self) -> None:
        meter = GasMeter()
        limit = 100_000 * (100 + ALLOWANCE_PERCENT) // 100
        assert found(meter, taking(100_000), taking(limit + 1)) == [100_000, limit + 1]
        assert meter.asked == ["eth_estimateGas", "eth_call", "eth_estimateGas"]

    @pytest.mark.parametrize(
        "unlike",
        [taking(7, to=OTHER), taking(7, selector=b"efgh"), taking(7, more=32)],
        ids=["contract", "function", "length"],
    )
    def test_unlike_calls_are_estimated_each(self, unlike: Intent) -> None:
        meter = GasMeter()
        assert found(meter, taking(100_000), unlike) == [100_000, 7]
        assert meter.asked == ["eth_estimateGas"] * 2

    def test_a_refusal_is_about_the_very_intent(self) -> None:
        refused, *others = found(GasMeter(), taking(0), taking(100_000), taking(90_000))
        assert isinstance(refused, RevertUnknown)
        assert others == [100_000, 90_000]
        first, second, third = found(GasMeter(), taking(100_000), taking(0), taking(90_000))
        assert (first, third) == (100_000, 105_000)
        assert isinstance(second, RevertUnknown)

    def test_a_node_that_runs_no_calls_estimates_them(self) -> None:
        meter = GasMeter(calls_fail="method not found")
        assert found(meter, taking(100_000), taking(99_000)) == [100_000, 99_000]

    def test_nothing_is_tried_above_the_cap_of_a_transaction(self) -> None:
        assert found(GasMeter(), taking(MAX_GAS - 1), taking(5)) == [MAX_GAS - 1, MAX_GAS]

    def test_a_node_that_estimates_nothing_is_no_verdict(self) -> None:
        with pytest.raises(ChainUnavailable):
            found(GasMeter(estimates_fail="busy"), taking(100_000), taking(99_000))

    def test_of_none_nothing_is_asked(self) -> None:
        meter = GasMeter()
        assert found(meter) == []
        assert meter.asked == []
