"""Blocks replaced under the whole service, batches and status changes falling out and moving."""

from collections.abc import Iterator

import pytest

from api.services.progress import Proofs
from ledger.outbox import IntentState
from ledger.values import Digest, Stage, Status
from tests.support.checks import check_anchored_once, check_audit
from tests.support.office import Office, OfficeParts

CONFIRMATIONS = 3
BLOCKS = 2  # what is asked for takes as many, the record first


@pytest.fixture
def patient(place: Office) -> Iterator[Office]:
    """The office, content with three confirmations and no less."""
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
        place.passes()
        assert proofs.stage(digests[-1]) is Stage.ANCHORED
        node.call("anvil_reorg", depth, [])
        node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC
        place.passes()
        if depth > BLOCKS:
            assert proofs.stage(digests[-1]) is Stage.SUBMITTED
        assert place.changes.get(change.id).state is not IntentState.FINAL
        node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
        node.call("evm_mine")
        place.passes()
        if depth > BLOCKS:
            assert proofs.stage(digests[-1]) is Stage.ANCHORED
        settle(place)
        check_anchored_once(place, digests)
        assert place.status(rows[0]) is Status.SUSPENDED
        check_audit(place)


def settle(place: Office) -> None:
    """Let everything come to rest, blocks made as they are needed."""
    for _ in range(4):
        place.passes()
        place.standing.node.call("anvil_mine", hex(CONFIRMATIONS))
    place.work()
