"""Blocks replaced under the whole service, batches and status changes falling out and moving."""

from collections.abc import Iterator

import pytest

from api.services.progress import Proofs
from ledger.chain.wire import quantity
from ledger.outbox import IntentState
from ledger.values import Digest, Stage, Status
from tests.support.checks import check_anchored_once, check_audit
from tests.support.office import Office, OfficeParts

CONFIRMATIONS = 6
"""More than any depth here: what is final by its blocks does not fall out."""
PASSES = 20


@pytest.fixture
def patient(place: Office) -> Iterator[Office]:
    """The office, content with six confirmations and no less."""
    before = place.parts
    place.settings = place.settings.model_copy(update={"confirmations": CONFIRMATIONS})
    place.parts = OfficeParts(place.settings)
    place.worker = place.parts.worker(place.stop)
    yield place
    before.close()  # the office's stores are over it


class TestReorganised:
    @pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
    def test_brings_all_back_once_and_calls_nothing_final_early(
        self, patient: Office, depth: int
    ) -> None:
        place, node = patient, patient.standing.node
        proofs = Proofs(place.batches, place.standing.deployment.ledger)
        digests: list[Digest] = []
        rows = place.issue(2)
        digests += [row.digest for row in rows]
        settle(place)
        change = place.change(rows[0], Status.SUSPENDED, 101)
        digests += [row.digest for row in place.issue(1)]
        mined = blocks_of(place)
        assert proofs.stage(digests[-1]) is Stage.ANCHORED
        first_lost = quantity(node.call("eth_blockNumber")) - depth + 1
        node.call("anvil_reorg", depth, [])
        node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC
        place.passes()
        fallen = {id_ for id_, block in mined.items() if block >= first_lost}
        assert fallen
        states = {each.id: each.state for each in place.outbox.unfinished(*place.lane)}
        assert {id_ for id_, state in states.items() if state is IntentState.SENT} == fallen
        has_fallen = min(mined.values()) >= first_lost  # the record went first
        assert proofs.stage(digests[-1]) is (Stage.SUBMITTED if has_fallen else Stage.ANCHORED)
        assert place.changes.get(change.id).state is not IntentState.FINAL
        node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
        node.call("evm_mine")
        place.passes()
        assert proofs.stage(digests[-1]) is Stage.ANCHORED
        settle(place)
        check_anchored_once(place, digests)
        assert place.status(rows[0]) is Status.SUSPENDED
        check_audit(place)


def blocks_of(place: Office) -> dict[bytes, int]:
    """Let all that was asked for come into blocks; return the block of each intent."""
    before: dict[bytes, int] = {}
    for _ in range(PASSES):
        place.passes()
        under_way = place.outbox.unfinished(*place.lane)
        found = {each.id: each.block for each in under_way if each.block is not None}
        if found == before and len(found) == len(under_way) > 1:
            return found
        before = found
    raise AssertionError("not all of it is in a block")


def settle(place: Office) -> None:
    """Let everything come to rest, blocks made as they are needed."""
    for _ in range(4):
        place.passes()
        place.standing.node.call("anvil_mine", hex(CONFIRMATIONS))
    place.work()
