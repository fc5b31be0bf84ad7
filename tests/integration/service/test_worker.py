from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import update

from api.services.lists import StatusLists
from api.services.progress import Proofs, TreeDamaged
from api.services.worker import Step, Worker
from api.store.licences import LicenceRow
from api.store.lists import ListStore
from api.store.tables import crowns
from ledger.licences.dates import local_day
from ledger.licences.issuance import Predecessor
from ledger.list_tokens import parse_list
from ledger.merkle import Tree, verify_inclusion
from ledger.outbox import IntentState
from ledger.values import Stage, Status
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.office import BASE_URL, Office


def one_batch(office: Office, count: int) -> tuple[LicenceRow, ...]:
    """Issue so many licences and bring them on chain under one root."""
    office.parts.settings = office.settings.model_copy(update={"batch_size": count})
    office.worker = office.parts.worker(office.stop)
    rows = office.issue(count)
    office.work()
    return rows


class TestAnchor:
    def test_brings_every_record_on_chain_once_with_its_proof(self, place: Office) -> None:
        rows = place.issue(9)
        proofs = Proofs(place.batches, place.standing.deployment.ledger)
        assert {proofs.stage(row.digest) for row in rows} == {Stage.ISSUED}
        place.work()
        assert {proofs.stage(row.digest) for row in rows} == {Stage.FINAL}
        found = [proofs.proof(row.digest) for row in rows]
        for row, proof in zip(rows, found, strict=True):
            verify_inclusion(row.digest, proof.proof, proof.root)
        anchored = place.parts.registry.batches()
        assert sorted(event.size for event in anchored) == [1, 4, 4]
        assert {event.root for event in anchored} == {proof.root for proof in found}

    def test_proves_every_leaf_of_many_blocks_at_once_and_again(self, small: Office) -> None:
        rows = one_batch(small, 40)
        ledger = small.standing.deployment.ledger
        tree = Tree.of([row.digest for row in rows])
        proofs = Proofs(small.batches, ledger)
        for index, row in enumerate(rows):
            assert proofs.known(row.digest, proofs.anchored) is None
            found = proofs.proof(row.digest)
            assert (found.proof, found.root) == (tree.proof(index), tree.root)
            assert proofs.known(row.digest, proofs.anchored) == found

    def test_gives_no_proof_that_does_not_lead_to_the_root(self, small: Office) -> None:
        (first, *_) = one_batch(small, 40)
        with small.parts.database.write() as connection:
            connection.execute(update(crowns).values(nodes=bytes(5 * 32)))
        proofs = Proofs(small.batches, small.standing.deployment.ledger)
        with pytest.raises(TreeDamaged):
            proofs.proof(first.digest)

    def test_keeps_the_order_in_which_records_were_stored(self, small: Office) -> None:
        rows = small.issue(4)
        small.work()
        batch = small.batches.place_of(rows[0].digest).batch
        assert batch is not None
        assert small.batches.leaves(batch) == tuple(row.digest for row in rows)


class TestChange:
    def test_is_carried_out_and_signed_into_the_list(self, place: Office) -> None:
        (first, second) = place.issue(2)
        place.work()
        change = place.change(first, Status.SUSPENDED, 101)
        place.work()
        assert place.changes.get(change.id).state is IntentState.FINAL
        assert (place.status(first), place.status(second)) == (Status.SUSPENDED, Status.VALID)
        row = StatusLists(ListStore(place.parts.database)).token(first.agency, first.list)
        token = parse_list(row.token)
        uri = f"{BASE_URL}/status/{AGENCY.jurisdiction}/{AGENCY.code}/0"
        key = place.parts.registry.key(first.agency, AGENCY_KEY.public_key.key_id)
        token.check(uri, key, place.parts.clock())
        assert token.status(first.index) is Status.SUSPENDED
        assert token.status(second.index) is Status.VALID

    def test_may_happen_again_in_the_same_words(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        moment = small.parts.clock()
        for status, reason in ((Status.SUSPENDED, 101), (Status.VALID, 201)) * 2:
            small.change(row, status, reason, effective_at=moment)
            small.work()
            assert small.status(row) is status
        assert [change.state for change in small.changes.of(row.digest)] == [IntentState.FINAL] * 4

    def test_that_the_contract_refuses_is_parked_and_stops_nothing(self, small: Office) -> None:
        (first, second) = small.issue(2)
        small.work()
        small.change(first, Status.REVOKED, 330)
        small.work()
        refused = small.change(first, Status.SUSPENDED, 101)
        lawful = small.change(second, Status.SUSPENDED, 101)
        small.work()
        assert small.changes.get(refused.id).error == "StatusFinal"
        assert small.changes.get(lawful.id).state is IntentState.FINAL

    def test_waits_for_its_day(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        tomorrow = small.parts.clock() + 86_400
        change = small.change(
            row, Status.SUSPENDED, 101, not_before=tomorrow, effective_at=tomorrow
        )
        small.work()
        assert small.changes.get(change.id).intent is None
        assert small.status(row) is Status.VALID
        small.standing.node.call("evm_increaseTime", 86_400)
        small.parts.ahead = 86_400
        small.work()
        assert small.status(row) is Status.SUSPENDED


class TestSupersede:
    def test_follows_the_successors_anchor_with_its_reason(self, place: Office) -> None:
        (old,) = place.issue()
        place.work()
        (new,) = place.issue(predecessor=Predecessor(old.digest, 401))
        assert place.status(old) is Status.VALID
        place.work()
        assert (place.status(old), place.status(new)) == (Status.SUPERSEDED, Status.VALID)
        (change,) = place.changes.of(old.digest)
        anchored = place.batches.place_of(new.digest).anchored
        assert anchored is not None
        assert (change.reason, change.effective_at) == (401, anchored.block_time)
        assert (change.waits_for, change.state) == (new.digest, IntentState.FINAL)

    def test_waits_until_the_successor_begins(self, small: Office) -> None:
        (old,) = small.issue()
        small.work()
        ahead = 2 * 86_400
        start = local_day(small.parts.clock() + ahead)
        former = Predecessor(old.digest, 401)
        (new,) = small.issue(predecessor=former, valid_from=start, valid_until="2036-11-20")
        small.work()
        assert (small.status(old), small.status(new)) == (Status.VALID, Status.VALID)
        small.standing.node.call("evm_increaseTime", ahead)
        small.parts.ahead = ahead
        small.work()
        assert small.status(old) is Status.SUPERSEDED
        (change,) = small.changes.of(old.digest)
        assert change.effective_at == new.nbf

    def test_happens_once(self, small: Office) -> None:
        (old,) = small.issue()
        small.work()
        small.issue(predecessor=Predecessor(old.digest, 402))
        small.work()
        small.work()
        assert len(small.changes.of(old.digest)) == 1


class TestLapse:
    def test_restores_a_suspension_at_its_end_and_not_before(self, place: Office) -> None:
        (row, other) = place.issue(2)
        place.work()
        until = place.parts.clock() + 1000
        place.change(row, Status.SUSPENDED, 101, until=until)
        place.change(other, Status.SUSPENDED, 101)
        place.work()
        place.standing.node.call("evm_increaseTime", 900)
        place.parts.ahead = 900
        place.work()
        assert place.status(row) is Status.SUSPENDED
        place.standing.node.call("evm_increaseTime", 200)
        place.parts.ahead = 1100
        place.work()
        place.work()
        assert (place.status(row), place.status(other)) == (Status.VALID, Status.SUSPENDED)
        last = place.changes.of(row.digest)[-1]
        assert (last.reason, last.effective_at, last.requested_by) == (202, until, "service")
        assert len(place.changes.of(row.digest)) == 2

    def test_leaves_a_suspension_that_was_made_anew(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        now = small.parts.clock()
        small.change(row, Status.SUSPENDED, 101, until=now + 100)
        small.work()
        small.change(row, Status.VALID, 201)
        small.work()
        small.change(row, Status.SUSPENDED, 102)
        small.work()
        small.standing.node.call("evm_increaseTime", 200)
        small.parts.ahead = 200
        small.work()
        assert small.status(row) is Status.SUSPENDED


class TestChainClock:
    def test_that_lags_delays_a_change_and_parks_nothing(self, small: Office) -> None:
        (row,) = small.issue()
        small.work()
        change = small.change(row, Status.SUSPENDED, 101, effective_at=small.parts.clock() + 50)
        for _ in range(3):
            small.worker.run_once()
        assert small.changes.get(change.id).state is IntentState.WAITING
        small.standing.node.call("evm_increaseTime", 60)
        small.work()
        assert small.changes.get(change.id).state is IntentState.FINAL


class TestIdle:
    def test_looks_at_the_chain_alone_until_something_is_written(
        self, place: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second does not turn meanwhile, so nothing but the write can have ended it.

        Of some passes one does: PostgreSQL tells of its other databases' writes too.
        """
        place.work()
        moment = place.parts.clock()
        monkeypatch.setattr(place.parts, "clock", lambda: moment)
        worker = place.parts.worker(place.stop)
        ran = count_runs(worker)

        def is_idle() -> bool:
            ran.clear()
            return worker.run_once() == 0 and ran == {"projection": 1, "replicas": 1}

        assert any(is_idle() for _ in range(100))
        rows = place.issue(place.settings.batch_size)
        while worker.run_once():
            pass
        proofs = Proofs(place.batches, place.standing.deployment.ledger)
        assert {proofs.stage(row.digest) for row in rows} == {Stage.FINAL}


def count_runs(worker: Worker) -> Counter[str]:
    """Return how often each step runs from now on."""
    ran: Counter[str] = Counter()

    def counted(step: Step) -> Callable[[bool], int]:
        run = step.run

        def count(flush: bool) -> int:  # noqa: FBT001  # as Step.run
            ran[step.name] += 1
            return run(flush)

        return count

    for step in worker.steps:
        step.run = counted(step)
    return ran


class TestReorganisation:
    def test_brings_a_record_back_to_submitted_and_on_chain_again(self, small: Office) -> None:
        rows = small.issue(2)
        small.work()
        proofs = Proofs(small.batches, small.standing.deployment.ledger)
        before = proofs.proof(rows[0].digest)
        small.standing.node.call("anvil_rollback", 1)
        small.standing.node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC
        for _ in range(3):
            small.worker.run_once()
        assert not small.is_anchored(rows[0])
        small.standing.node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
        small.standing.node.call("evm_mine")
        small.work()
        after = proofs.proof(rows[0].digest)
        assert (after.root, after.proof) == (before.root, before.proof)
        assert len(small.parts.registry.batches()) == 1
