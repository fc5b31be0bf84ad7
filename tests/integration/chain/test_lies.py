"""The chain's readers behind a node that lies, cuts its answers short or forgets what it did."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from ledger.chain.blocks import by_number
from ledger.chain.direct import send_and_wait
from ledger.chain.follower import Follower
from ledger.chain.inclusion import find_included
from ledger.chain.rpc import Node
from ledger.chain.wire import quantity, spell
from ledger.errors import ChainUnavailable, WrongNetwork
from tests.support.fake_projection import FakeProjection
from tests.support.node_proxy import (
    Act,
    NodeProxy,
    alter,
    answer,
    cut,
    http_status,
    lose_answer,
    lose_request,
    misnumber,
    node_proxy,
    refuse,
)
from tests.support.standing import Standing

LIE = spell(b"\xee" * 32)
LIES: dict[str, Act] = {
    "a wrong id": misnumber,
    "a cut answer": cut,
    "no answer": lose_answer,
    "a lost request": lose_request,
    "another status": http_status(502),
    "the wrong shape": alter(lambda _: {"is": "no list"}),
    "a refusal": refuse("out of order"),
}


@pytest.fixture
def proxy(standing: Standing) -> Iterator[NodeProxy]:
    with node_proxy(standing.anvil.url) as proxy:
        yield proxy


@pytest.fixture
def lying(proxy: NodeProxy) -> Iterator[Node]:
    """A client that knows the proxy alone."""
    with closing(Node([proxy.url])) as node:
        yield node


@pytest.fixture
def doubled(standing: Standing, proxy: NodeProxy) -> Iterator[Node]:
    """A client that knows the proxy first, and the honest node behind it second."""
    with closing(Node([proxy.url, standing.anvil.url])) as node:
        yield node


def elsewhere(logs: Any) -> Any:
    return [{**log, "blockHash": LIE} for log in logs]


def doubled_logs(logs: Any) -> Any:
    return [*logs, logs[0]]


def impossible(name: str, receipt: Any) -> Any:
    return {**receipt, name: spell(2**63)}


def beyond(logs: Any) -> Any:
    return [*logs, {**logs[0], "blockNumber": "0xffffff"}]


class TestHonest:
    def test_passes_everything_on(self, standing: Standing, lying: Node) -> None:
        receipt = send_and_wait(lying, standing.office, standing.anchor(1))
        assert find_included(lying, [receipt.transaction])[receipt.transaction].succeeded


class TestReceipts:
    def test_of_a_block_that_is_not_there_counts_as_none(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        sent = standing.send(standing.anchor(1), standing.office).transaction
        proxy.when("eth_getTransactionReceipt", alter(lambda one: {**one, "blockHash": LIE}))
        assert find_included(lying, [sent]) == {}
        assert sent in find_included(lying, [sent])

    def test_of_something_else_are_an_outage(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        sent = standing.send(standing.anchor(1), standing.office).transaction
        proxy.when("eth_getTransactionReceipt", alter(lambda one: {**one, "transactionHash": LIE}))
        with pytest.raises(ChainUnavailable):
            find_included(lying, [sent])

    def test_of_impossible_cost_are_an_outage(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        sent = standing.send(standing.anchor(1), standing.office).transaction
        for name in ("gasUsed", "effectiveGasPrice"):
            proxy.when("eth_getTransactionReceipt", alter(partial(impossible, name)))
            with pytest.raises(ChainUnavailable):
                find_included(lying, [sent])

    def test_without_a_price_count_all_the_same(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        sent = standing.send(standing.anchor(1), standing.office).transaction
        proxy.when(
            "eth_getTransactionReceipt", alter(lambda one: {**one, "effectiveGasPrice": None})
        )
        found = find_included(lying, [sent])[sent].receipt
        assert (found.gas_price, found.gas_used > 0) == (None, True)


class TestFollower:
    @pytest.mark.parametrize("lie", LIES)
    def test_takes_in_nothing_and_goes_on_when_the_lie_ends(
        self, standing: Standing, proxy: NodeProxy, lying: Node, lie: str
    ) -> None:
        standing.send(standing.anchor(1), standing.office)
        projection = FakeProjection()
        follower = Follower(lying, standing.deployment, projection)
        proxy.when("eth_getLogs", LIES[lie], times=None)
        with pytest.raises(ChainUnavailable):
            follower.step()
        assert projection.cursor() is None
        proxy.behave()
        follower.catch_up()
        assert projection.in_order()[-1].place.transaction

    @pytest.mark.parametrize("lie", [elsewhere, doubled_logs, beyond])
    def test_logs_that_are_not_of_the_blocks_lose_nothing(
        self, standing: Standing, proxy: NodeProxy, lying: Node, lie: Callable[[Any], Any]
    ) -> None:
        projection = FakeProjection()
        follower = Follower(lying, standing.deployment, projection)
        proxy.when("eth_getLogs", alter(lie))
        with pytest.raises(ChainUnavailable):
            follower.step()
        assert projection.cursor() is None
        follower.catch_up()
        assert projection.in_order()

    def test_an_answer_that_takes_too_long_makes_the_next_question_smaller(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        projection = FakeProjection()
        follower = Follower(lying, standing.deployment, projection)
        height = standing.client.head().block
        proxy.when("eth_getLogs", cut, times=2)
        for _ in range(2):
            with pytest.raises(ChainUnavailable):
                follower.step()
        follower.step()
        (first,) = projection.applied
        assert first[1] < height
        follower.catch_up()
        assert height in projection.headers

    def test_of_headers_that_do_not_link_takes_in_nothing(
        self, standing: Standing, proxy: NodeProxy, lying: Node
    ) -> None:
        projection = FakeProjection()
        height = spell(standing.client.head().block - 1)
        unlinked = alter(lambda one: {**one, "hash": LIE} if one["number"] == height else one)
        proxy.when("eth_getBlockByNumber", unlinked, times=None)
        assert Follower(lying, standing.deployment, projection).step() == 0
        assert projection.cursor() is None


class TestFailOver:
    @pytest.mark.parametrize(
        "lie", [name for name in LIES if name not in ("the wrong shape", "a refusal")]
    )
    def test_the_next_node_is_asked(
        self, standing: Standing, proxy: NodeProxy, doubled: Node, lie: str
    ) -> None:
        proxy.when("eth_getBlockByNumber", LIES[lie], times=None)
        found = doubled.call(*by_number("latest")[:1], *by_number("latest")[1])
        assert quantity(found["number"]) == standing.client.head().block

    def test_a_node_of_another_chain_is_passed_over(
        self, standing: Standing, proxy: NodeProxy
    ) -> None:
        proxy.when("eth_chainId", answer("0x1"), times=None)
        chain = standing.deployment.chain_id
        with closing(Node([proxy.url], chain_id=chain)) as alone, pytest.raises(WrongNetwork):
            alone.call("eth_blockNumber")
        with closing(Node([proxy.url, standing.anvil.url], chain_id=chain)) as two:
            assert quantity(two.call("eth_blockNumber")) == standing.client.head().block
