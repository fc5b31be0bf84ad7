"""The follower against a real node: a projection that lived through it all equals a fresh one."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from ledger import events
from ledger.chain import follower
from ledger.chain.follower import LAG_STEPS, Follower
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import spell
from ledger.errors import ChainUnavailable, WrongHistory, WrongNetwork
from ledger.events import Event
from ledger.projection import Header
from ledger.values import AgencyStatus, Status
from tests.support.fake_projection import FakeProjection
from tests.support.standing import CODE, JURISDICTION, NAME, RECORD_TYPE, Standing, root


def follow(at: Standing, projection: FakeProjection | None = None) -> FakeProjection:
    projection = FakeProjection() if projection is None else projection
    Follower(at.node, at.deployment, projection).catch_up()
    return projection


def anchor(at: Standing, *numbers: int) -> None:
    for number in numbers:
        at.send(at.anchor(number), at.office)


def mine(at: Standing, blocks: int) -> None:
    at.node.call("anvil_mine", spell(blocks))


def roots(projection: FakeProjection) -> list[bytes]:
    return [e.root for e in projection.in_order() if isinstance(e, events.BatchAnchored)]


class StubbornNode(Node):
    """Refuses log ranges above `most` blocks, as hosted nodes do."""

    most = 7
    asked: list[int]

    def call(self, method: str, *params: Any) -> Any:
        if method == "eth_getLogs":
            size = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
            self.asked.append(size)
            if size > self.most:
                raise RpcRefused("query exceeds max block range", -32005)
        return super().call(method, *params)


class Overtaken(FakeProjection):
    """Another leader comes in between, once, before the first range is taken in."""

    meanwhile: Callable[[], object] | None = None

    def apply(
        self, headers: Sequence[Header], events: Sequence[Event], cursor: Header | None
    ) -> None:
        come, self.meanwhile = self.meanwhile, None
        if come is not None:
            come()
        super().apply(headers, events, cursor)


class MovingNode(Node):
    """Its chain loses two blocks just after the first logs were read."""

    moved: list[bool]

    def call(self, method: str, *params: Any) -> Any:
        answer = super().call(method, *params)
        if method == "eth_getLogs" and not self.moved:
            self.moved.append(True)
            super().call("anvil_reorg", 2, [])
        return answer


class TestStep:
    def test_takes_in_every_event_with_its_place(self, standing: Standing) -> None:
        anchor(standing, 1)
        standing.send(standing.order(Status.SUSPENDED, 101), standing.office)
        found = follow(standing).in_order()
        kinds = [type(event) for event in found]
        assert kinds.count(events.RoleGranted) == 5
        assert kinds.count(events.BatchAnchored) == 1
        (admitted,) = [e for e in found if isinstance(e, events.AgencyAdmitted)]
        assert (admitted.agency, admitted.code, admitted.name) == (standing.agency, CODE, NAME)
        (jurisdiction,) = [e for e in found if isinstance(e, events.JurisdictionAdmitted)]
        assert jurisdiction.code == JURISDICTION
        (status,) = [e for e in found if isinstance(e, events.AgencyStatusChanged)]
        assert status.status is AgencyStatus.ACTIVE
        (accredited,) = [e for e in found if isinstance(e, events.Accredited)]
        assert accredited.record_type == RECORD_TYPE
        (change,) = [e for e in found if isinstance(e, events.StatusChanged)]
        assert (change.word, change.mask, change.status) == (0, 3, Status.SUSPENDED)
        header = standing.node.call("eth_getBlockByNumber", spell(change.place.block), False)  # noqa: FBT003  # JSON-RPC's own
        assert header["hash"] == spell(change.place.block_hash)
        assert header["timestamp"] == spell(change.place.block_time)

    def test_of_a_leader_that_slept_changes_nothing_and_the_next_goes_on(
        self, standing: Standing
    ) -> None:
        anchor(standing, 1)
        projection = Overtaken()
        late = Follower(standing.node, standing.deployment, projection)
        projection.meanwhile = lambda: follow(standing, projection)
        assert late.step() == 0
        mine(standing, 1)
        late.catch_up()
        assert roots(projection) == [root(1)]
        assert projection.in_order() == follow(standing).in_order()

    def test_ranges_grow_to_their_greatest_and_join(
        self, standing: Standing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(follower, "FIRST_RANGE", 20)
        monkeypatch.setattr(follower, "GREATEST_RANGE", 50)
        mine(standing, 250)
        anchor(standing, 1)
        projection = follow(standing)
        start, end = projection.applied[0]
        assert (start, end - start + 1) == (standing.deployment.block, 20)
        assert max(end - start + 1 for start, end in projection.applied) == 50
        assert all(
            first[1] + 1 == second[0]
            for first, second in zip(projection.applied, projection.applied[1:], strict=False)
        )
        assert roots(projection) == [root(1)]

    def test_a_refused_range_is_halved(self, standing: Standing) -> None:
        mine(standing, 60)
        anchor(standing, 1)
        projection = FakeProjection()
        with closing(StubbornNode([standing.anvil.url])) as node:
            node.asked = []
            Follower(node, standing.deployment, projection).catch_up()
        assert projection.in_order() == follow(standing).in_order()
        assert max(node.asked) > node.most
        refused = [size for size in node.asked if size > node.most]
        assert node.asked[: len(refused)] == refused  # it is not tried again and again
        assert max(end - start + 1 for start, end in projection.applied) <= node.most

    def test_a_node_that_refuses_one_block_is_an_outage(self, standing: Standing) -> None:
        projection = FakeProjection()
        with closing(StubbornNode([standing.anvil.url])) as node:
            node.asked, node.most = [], 0
            with pytest.raises(ChainUnavailable):
                Follower(node, standing.deployment, projection).step()
        assert projection.cursor() is None

    def test_nothing_new_is_no_event_and_no_write(self, standing: Standing) -> None:
        projection = follow(standing)
        before = list(projection.applied)
        assert Follower(standing.node, standing.deployment, projection).step() == 0
        assert projection.applied == before

    def test_another_chain_is_not_followed(self, standing: Standing) -> None:
        elsewhere = replace(standing.deployment, chain_id=5)
        with pytest.raises(WrongNetwork):
            Follower(standing.node, elsewhere, FakeProjection()).step()

    def test_another_history_changes_nothing(self, standing: Standing) -> None:
        projection = follow(standing)
        kept = projection.in_order()
        elsewhere = replace(standing.deployment, block_hash=bytes(32))
        with pytest.raises(WrongHistory):
            Follower(standing.node, elsewhere, projection).step()
        assert projection.in_order() == kept


class TestReorganisation:
    @pytest.mark.parametrize("depth", [1, 2, 5, 12])
    def test_heals_to_what_a_fresh_projection_holds(self, standing: Standing, depth: int) -> None:
        anchor(standing, *range(1, 14))
        projection = follow(standing)
        standing.node.call("anvil_reorg", depth, [])
        assert len(roots(follow(standing, projection))) == 13 - depth
        anchor(standing, 99)
        follow(standing, projection)
        fresh = follow(standing)
        assert projection.in_order() == fresh.in_order()
        assert projection.cursor() == fresh.cursor()

    def test_a_moved_transaction_has_its_new_place(self, standing: Standing) -> None:
        receipt = standing.send(standing.anchor(1), standing.office)
        raw = standing.node.call("eth_getRawTransactionByHash", spell(receipt.transaction))
        mine(standing, 1)
        projection = follow(standing)
        standing.node.call("anvil_reorg", 2, [[raw, 1]])
        follow(standing, projection)
        (moved,) = [e for e in projection.in_order() if isinstance(e, events.BatchAnchored)]
        assert moved.place.block == receipt.block + 1
        assert moved.place.block_hash != receipt.block_hash

    def test_deeper_than_the_headers_kept_starts_anew(self, standing: Standing) -> None:
        anchor(standing, *range(1, 10))
        projection = follow(standing, FakeProjection(depth=3))
        standing.node.call("anvil_reorg", 6, [])
        anchor(standing, 99)
        follow(standing, projection)
        assert projection.rollbacks == [standing.deployment.block - 1]
        assert projection.in_order() == follow(standing).in_order()

    def test_a_shorter_chain_counts_after_some_patience(self, standing: Standing) -> None:
        anchor(standing, 1, 2)
        projection = follow(standing)
        reader = Follower(standing.node, standing.deployment, projection)
        standing.node.call("anvil_rollback", 1)
        for _ in range(LAG_STEPS - 1):
            reader.step()
            assert roots(projection) == [root(1), root(2)]
        reader.step()
        assert roots(projection) == [root(1)]

    def test_a_chain_that_moves_while_it_is_read_changes_nothing(self, standing: Standing) -> None:
        anchor(standing, 1, 2, 3)
        projection = FakeProjection()
        with closing(MovingNode([standing.anvil.url])) as node:
            node.moved = []
            reader = Follower(node, standing.deployment, projection)
            assert reader.step() == 0
            assert projection.applied == []
            reader.catch_up()
        assert roots(projection) == [root(1)]
