"""Two real nodes of one chain, of which the second lags, is on a fork, or is of another chain."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.chain.blocks import Head, by_number, read_head
from ledger.chain.client import NODE_STALE, LedgerClient
from ledger.chain.direct import send_and_wait
from ledger.chain.fees import FeePolicy
from ledger.chain.follower import LAG_STEPS, Follower
from ledger.chain.forks import REORG_DEPTH
from ledger.chain.inclusion import finalized_block, require_finality
from ledger.chain.rpc import Node
from ledger.chain.sender import Limits, Sender
from ledger.chain.wire import spell
from ledger.errors import (
    ChainUnavailable,
    FinalityUnknown,
    NodeStale,
    WrongHistory,
    WrongNetwork,
)
from ledger.events import BatchAnchored
from ledger.finality import FINALIZED, Confirmations
from ledger.outbox import Intent, IntentState
from ledger.values import KeyId
from ledger.verification.evidence import Query, Reading, Unreachable
from tests.support.anvil import anvil
from tests.support.fake_outbox import FakeOutbox
from tests.support.fake_projection import FakeProjection
from tests.support.node_proxy import (
    Act,
    Exchange,
    NodeProxy,
    Request,
    http_status,
    node_proxy,
)
from tests.support.standing import RECORD_TYPE, Standing, root
from tests.support.twin import twin

FINALITY = 64  # blocks by which anvil's finalized block is behind its head


@dataclass
class Pair:
    """A client of two nodes, the first behind a proxy, with all that follows and sends."""

    standing: Standing
    first: NodeProxy
    node: Node
    second: Node
    lagging: str
    projection: FakeProjection = field(default_factory=FakeProjection)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    confirmations: Confirmations = 5
    now: int = 1_000

    def __post_init__(self) -> None:
        self.follower = Follower(self.node, self.standing.deployment, self.projection)

    def sender(self) -> Sender:
        at = self.standing
        return Sender(
            self.node,
            at.deployment,
            at.office,
            self.outbox,
            FeePolicy(),
            lambda: self.now,
            limits=Limits(confirmations=self.confirmations),
            known=self.projection.cursor,
        )

    def anchor(self, number: int) -> None:
        self.standing.send(self.standing.anchor(number), self.standing.office)

    def roots(self) -> list[bytes]:
        return [e.root for e in self.projection.in_order() if isinstance(e, BatchAnchored)]

    def mined(self, number: int) -> Intent:
        """Return an intent that stands on the first node's chain and is not final yet."""
        intent = self.standing.intent(self.standing.anchor(number))
        self.outbox.add(intent)
        sender = self.sender()
        while self.outbox.state(intent) is not IntentState.MINED:
            sender.step()
            self.follower.catch_up()
        return intent

    def fresh(self) -> FakeProjection:
        found = FakeProjection()
        Follower(self.standing.node, self.standing.deployment, found).catch_up()
        return found


@contextmanager
def paired(standing: Standing, folder: Path) -> Iterator[Pair]:
    """Let a second node stand where the first stands now."""
    with (
        twin(standing.node, folder) as other,
        node_proxy(standing.anvil.url) as first,
        closing(Node([first.url, other.url], timeout_seconds=10)) as node,
        closing(Node([other.url], timeout_seconds=10)) as second,
    ):
        yield Pair(standing, first, node, second, other.url)


@pytest.fixture
def pair(standing: Standing, tmp_path: Path) -> Iterator[Pair]:
    """Two nodes, of which the second lags by two batches that the follower has seen."""
    with paired(standing, tmp_path) as made:
        made.anchor(1)
        made.anchor(2)
        made.follower.catch_up()
        yield made


def head(node: Node) -> Head:
    return read_head(node.batch([by_number("latest")])[0])


def mine(node: Node, blocks: int) -> None:
    node.call("anvil_mine", spell(blocks))


def no_finalized(exchange: Exchange, request: Request) -> None:
    """Refuse the tag as a node does that was written before it."""
    if request["params"][0] == FINALIZED:
        error = {"code": -32602, "message": "invalid argument 0: hex string without 0x prefix"}
        exchange.own[request["id"]] = {"error": error}


def null_finalized(exchange: Exchange, request: Request) -> None:
    """Answer the tag as a node does that has no such block."""
    if request["params"][0] == FINALIZED:
        exchange.own[request["id"]] = {"result": None}


def limited_finalized(exchange: Exchange, request: Request) -> None:
    """Refuse the tag as a node does that is asked too often."""
    if request["params"][0] == FINALIZED:
        error = {"code": -32005, "message": "request rate exceeded"}
        exchange.own[request["id"]] = {"error": error}


def no_block_finalized(exchange: Exchange, request: Request) -> None:
    """Refuse the tag as a node does that has finalized nothing yet."""
    if request["params"][0] == FINALIZED:
        error = {"code": -32000, "message": "finalized block not found"}
        exchange.own[request["id"]] = {"error": error}


class TestFollower:
    def test_lagging_node_never_rolls_back_nor_passes_for_the_head(self, pair: Pair) -> None:
        before = pair.projection.cursor()
        pair.first.is_down = True
        for _ in range(2 * LAG_STEPS):
            with pytest.raises(NodeStale):
                pair.follower.step()
            assert not pair.follower.is_at_head()
            with pytest.raises(NodeStale):
                pair.follower.finalized()
        assert (pair.projection.cursor(), pair.projection.rollbacks) == (before, [])
        pair.first.behave()
        pair.anchor(3)
        pair.follower.catch_up()
        assert pair.roots() == [root(1), root(2), root(3)]
        assert pair.projection.rollbacks == []

    def test_lagging_node_is_passed_over_while_the_other_answers(self, pair: Pair) -> None:
        urls = [pair.lagging, pair.first.url]
        with closing(Node(urls, timeout_seconds=10)) as node:
            follower = Follower(node, pair.standing.deployment, pair.projection)
            pair.anchor(3)
            follower.catch_up()
        assert pair.roots() == [root(1), root(2), root(3)]

    def test_logs_of_a_node_that_lacks_the_head_are_not_taken_for_all(self, pair: Pair) -> None:
        pair.anchor(3)
        pair.first.when("eth_getLogs", http_status(502))
        assert pair.follower.step() == 0  # the second would have answered, with less
        pair.follower.catch_up()
        assert pair.roots() == [root(1), root(2), root(3)]
        assert pair.projection.in_order() == pair.fresh().in_order()

    def test_fork_is_not_believed_while_the_other_is_silent(self, pair: Pair) -> None:
        before = pair.projection.cursor()
        assert before is not None
        mine(pair.second, before.block - head(pair.second).block + REORG_DEPTH - 1)
        pair.first.is_down = True
        with pytest.raises(NodeStale):
            pair.follower.step()
        assert (pair.projection.cursor(), pair.projection.rollbacks) == (before, [])

    def test_fork_that_outgrew_ours_is_believed_in_the_end(self, pair: Pair) -> None:
        before = pair.projection.cursor()
        assert before is not None
        mine(pair.second, before.block - head(pair.second).block + REORG_DEPTH)
        pair.first.is_down = True
        pair.follower.catch_up()
        cursor = pair.projection.cursor()
        assert cursor is not None
        assert cursor.hash == head(pair.second).hash
        assert pair.roots() == []

    def test_reorganisation_of_the_node_that_had_the_block_is_healed_at_once(
        self, standing: Standing, pair: Pair
    ) -> None:
        with (
            node_proxy(standing.anvil.url) as dead,
            closing(Node([pair.first.url, dead.url], timeout_seconds=10)) as node,
        ):
            dead.is_down = True
            follower = Follower(node, standing.deployment, pair.projection)
            follower.catch_up()
            standing.node.call("anvil_reorg", 1, [])
            follower.catch_up()
        assert pair.roots() == [root(1)]
        assert len(pair.projection.rollbacks) == 1

    def test_reorganisation_that_all_nodes_show_is_healed_at_once(
        self, standing: Standing, pair: Pair
    ) -> None:
        standing.node.call("anvil_reorg", 1, [])
        with closing(Node([pair.first.url, standing.anvil.url], timeout_seconds=10)) as node:
            Follower(node, standing.deployment, pair.projection).catch_up()
        assert pair.roots() == [root(1)]


class TestSender:
    def test_lagging_node_takes_no_confirmation_back_and_sends_nothing(self, pair: Pair) -> None:
        intent = pair.mined(3)
        known = pair.outbox.attempts(intent.id)
        pair.second.call("anvil_dropAllTransactions")  # it was sent to both
        pair.first.is_down = True
        sender = pair.sender()
        for _ in range(3):
            pair.now += 3_600  # long enough for every verdict that only waits
            with pytest.raises(NodeStale):
                sender.step()
        assert pair.outbox.state(intent) is IntentState.MINED
        assert pair.outbox.attempts(intent.id) == known
        assert pair.second.call("eth_getTransactionByHash", spell(known[-1].hash)) is None
        pair.first.behave()
        mine(pair.standing.node, 5)
        pair.follower.catch_up()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.FINAL

    def test_forked_node_confirms_nothing(self, pair: Pair) -> None:
        pair.standing.node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC's own
        intent = pair.standing.intent(pair.standing.anchor(3))
        pair.outbox.add(intent)
        sender = pair.sender()
        sender.step()  # goes to both nodes; the second's nonce is still behind
        (attempt,) = pair.outbox.attempts(intent.id)
        mine(pair.second, 1)
        for number in (1, 2):  # the fork: the same calls in other blocks, then ours
            at = pair.standing
            send_and_wait(pair.second, at.office, at.anchor(number))
        while pair.second.call("eth_getTransactionReceipt", spell(attempt.hash)) is None:
            mine(pair.second, 1)
        pair.first.is_down = True
        with pytest.raises(NodeStale):
            sender.step()
        assert pair.outbox.state(intent) is IntentState.SENT
        pair.first.behave()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.SENT  # the first has not mined it
        mine(pair.standing.node, 1)
        pair.follower.catch_up()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.MINED

    def test_what_is_mined_above_the_known_block_waits_as_it_is(self, pair: Pair) -> None:
        intent = pair.standing.intent(pair.standing.anchor(3))
        pair.outbox.add(intent)
        sender = pair.sender()
        sender.step()
        (attempt,) = pair.outbox.attempts(intent.id)
        while pair.standing.node.call("eth_getTransactionReceipt", spell(attempt.hash)) is None:
            pass
        for _ in range(2):
            pair.now += 3_600
            sender.step()
            assert pair.outbox.state(intent) is IntentState.SENT
        assert list(pair.outbox.attempts(intent.id)) == [attempt]
        pair.follower.catch_up()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.MINED


class TestOther:
    @pytest.mark.parametrize("options", [("--chain-id", "7"), ()], ids=["chain", "history"])
    def test_is_passed_over_by_all(self, standing: Standing, options: tuple[str, ...]) -> None:
        chain = standing.deployment.chain_id
        with (
            anvil(*options) as stranger,
            closing(Node([stranger.url], 10)) as other,
            closing(Node([stranger.url, standing.anvil.url], 10, chain_id=chain)) as node,
        ):
            mine(other, 50)
            pair = Pair(standing, NodeProxy(""), node, other, stranger.url)
            pair.anchor(1)
            pair.follower.catch_up()
            intent = standing.intent(standing.anchor(2))
            pair.outbox.add(intent)
            pair.sender().step()
            assert pair.roots() == [root(1)]
            assert pair.outbox.state(intent) is IntentState.SENT
            assert pair.outbox.halted(chain, standing.office.address) == ""

    @pytest.mark.parametrize("options", [("--chain-id", "7"), ()], ids=["chain", "history"])
    def test_alone_changes_nothing(self, pair: Pair, options: tuple[str, ...]) -> None:
        chain = pair.standing.deployment.chain_id
        before = pair.projection.cursor()
        with (
            anvil(*options) as stranger,
            closing(Node([stranger.url], 10)) as other,
            closing(Node([pair.first.url, stranger.url], 10, chain_id=chain)) as node,
        ):
            mine(other, 50)
            follower = Follower(node, pair.standing.deployment, pair.projection)
            follower.catch_up()
            pair.first.is_down = True
            for _ in range(2 * LAG_STEPS):
                with pytest.raises((WrongHistory, WrongNetwork, NodeStale)):
                    follower.step()
        assert (pair.projection.cursor(), pair.projection.rollbacks) == (before, [])


class TestClient:
    def test_says_that_it_is_stale_and_not_that_nothing_is_anchored(self, pair: Pair) -> None:
        at = pair.standing
        query = Query(at.agency, root(2), KeyId(bytes(32)), RECORD_TYPE, 0, 0)
        client = LedgerClient(pair.node.having(pair.projection.cursor), at.deployment)
        reading = client.evidence(query, None, now=1).reading
        assert isinstance(reading, Reading)
        assert reading.batch is not None
        pair.first.is_down = True
        assert client.evidence(query, None, now=1).reading == Unreachable(NODE_STALE)
        plain = LedgerClient(pair.second, at.deployment).read(query, now=1)
        assert plain.batch is None  # what the lagging node would have said


class TestFinalized:
    def test_intent_is_final_only_when_the_chain_says_so(self, pair: Pair) -> None:
        pair.confirmations = FINALIZED
        intent = pair.mined(3)
        sender, block = pair.sender(), pair.outbox.intents[intent.id].block
        assert block is not None
        while finalized_block(pair.node) != block - 1:
            mine(pair.standing.node, 1)
        pair.follower.catch_up()
        assert sender.step().alarms == []
        assert pair.outbox.state(intent) is IntentState.MINED
        assert pair.follower.finalized() == block - 1
        mine(pair.standing.node, 1)
        pair.follower.catch_up()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.FINAL

    def test_refusal_for_another_reason_is_an_outage(self, pair: Pair) -> None:
        pair.first.when("eth_getBlockByNumber", limited_finalized, times=None)
        with pytest.raises(ChainUnavailable, match="rate exceeded"):
            pair.follower.finalized()
        with pytest.raises(ChainUnavailable, match="rate exceeded"):
            require_finality(pair.node, FINALIZED)

    @pytest.mark.parametrize(
        "act",
        [no_finalized, no_block_finalized, null_finalized],
        ids=["tag unknown", "no block", "null"],
    )
    def test_node_that_does_not_say_is_told_once_and_makes_nothing_final(
        self, pair: Pair, act: Act
    ) -> None:
        pair.confirmations = FINALIZED
        pair.first.when("eth_getBlockByNumber", act, times=None)
        intent = pair.mined(3)
        mine(pair.standing.node, FINALITY + 5)
        pair.follower.catch_up()
        sender = pair.sender()
        told = [[alarm.code for alarm in sender.step().alarms] for _ in range(3)]
        assert told == [["finality-unknown"], [], []]
        assert pair.outbox.state(intent) is IntentState.MINED
        assert pair.follower.finalized() is None
        with pytest.raises(FinalityUnknown):
            require_finality(pair.node, FINALIZED)
        require_finality(pair.node, 1)
        pair.first.behave()
        sender.step()
        assert pair.outbox.state(intent) is IntentState.FINAL

    def test_reading_tells_it_where_it_is_asked_for(self, pair: Pair) -> None:
        at = pair.standing
        mine(at.node, FINALITY)
        query = Query(at.agency, root(2), KeyId(bytes(32)), RECORD_TYPE, 0, 0)
        asking = LedgerClient(at.node, at.deployment, asks_finalized=True)
        assert asking.read(query, now=1).finalized == head(at.node).block - FINALITY
        assert LedgerClient(at.node, at.deployment).read(query, now=1).finalized is None
