"""The sender against a real node: every stored state, every fault that a node can be given."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest

from ledger.chain import calls
from ledger.chain.calls import Call
from ledger.chain.fees import GWEI, FeePolicy, Fees
from ledger.chain.pending import REBUILD_AFTER
from ledger.chain.sender import Limits, Progress, Reason, Sender
from ledger.chain.wire import quantity, record, spell
from ledger.errors import ChainUnavailable
from ledger.outbox import Intent, IntentState
from ledger.values import Role, Status
from tests.support.fake_outbox import FakeOutbox
from tests.support.standing import Standing, root


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Desk:
    """A sender that may die and be started again, its disk, and a clock moved by hand."""

    standing: Standing
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    fees: FeePolicy = field(default_factory=FeePolicy)
    limits: Limits = field(default_factory=Limits)
    now: int = 1_000
    sender: Sender | None = None

    def start(self, reach: Callable[[str], None] = lambda _: None) -> Sender:
        at = self.standing
        self.sender = Sender(
            at.node,
            at.deployment,
            at.office,
            self.outbox,
            self.fees,
            lambda: self.now,
            limits=self.limits,
            reach=reach,
        )
        return self.sender

    def step(self, times: int = 1) -> Progress:
        sender = self.sender or self.start()
        progress = sender.step()
        for _ in range(times - 1):
            progress = sender.step()
        return progress

    def until(self, state: IntentState, *intents: Intent) -> None:
        """Step until the intents are there: anvil answers before its block is made."""
        for _ in range(2_000):
            if all(self.outbox.state(intent) is state for intent in intents):
                return
            self.step()
        assert self.states(list(intents)) == [state] * len(intents)

    def anchors(self, *numbers: int) -> list[Intent]:
        intents = [self.standing.intent(self.standing.anchor(number)) for number in numbers]
        self.outbox.add(*intents)
        return intents

    def states(self, intents: list[Intent]) -> list[IntentState]:
        return [self.outbox.state(intent) for intent in intents]

    def rpc(self, method: str, *params: object) -> object:
        return self.standing.node.call(method, *params)

    def manual(self) -> None:
        """Blocks are made on demand only."""
        self.automine(on=False)

    def automine(self, *, on: bool) -> None:
        self.rpc("evm_setAutomine", on)

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", spell(blocks))

    def overtake(self, call: Call) -> bytes:
        """The council's transaction with a tip that puts it first in the next block."""
        at = self.standing
        count = self.rpc("eth_getTransactionCount", at.council.address, "latest")
        signed = at.council.sign_transaction(
            {
                "chainId": at.deployment.chain_id,
                "nonce": quantity(count),
                "gas": 200_000,
                "to": call.to,
                "value": 0,
                "data": call.data,
                **Fees(100 * GWEI, 50 * GWEI).fields(legacy=False),
            }
        )
        self.rpc("eth_sendRawTransaction", spell(signed.raw))
        return signed.hash

    def anchored(self, *numbers: int) -> int:
        """How many of the roots stand on the chain, each event counted."""
        at = self.standing
        logs = at.node.call(
            "eth_getLogs",
            {"address": at.deployment.record_ledger, "fromBlock": "0x0", "toBlock": "latest"},
        )
        wanted = {spell(root(number)) for number in numbers}
        return sum(1 for log in logs if len(log["topics"]) > 2 and log["topics"][2] in wanted)


@pytest.fixture
def desk(standing: Standing) -> Desk:
    return Desk(standing)


class TestSend:
    def test_goes_from_waiting_to_final(self, desk: Desk) -> None:
        intents = desk.anchors(1, 2, 3)
        assert desk.step().sent == 3
        assert desk.states(intents) == [IntentState.SENT] * 3
        desk.until(IntentState.FINAL, *intents)
        assert [desk.outbox.intents[one.id].nonce for one in intents] == [0, 1, 2]
        assert desk.anchored(1, 2, 3) == 3

    def test_keeps_what_it_cost(self, desk: Desk) -> None:
        intents = desk.anchors(1)
        desk.until(IntentState.FINAL, *intents)
        kept = desk.outbox.receipts[intents[0].id]
        shown = record(desk.rpc("eth_getTransactionReceipt", spell(kept.transaction)))
        assert kept.gas_used == quantity(shown["gasUsed"])
        assert kept.gas_price == quantity(shown["effectiveGasPrice"])

    def test_keeps_the_window(self, desk: Desk) -> None:
        desk.limits = Limits(window=5)
        desk.manual()
        intents = desk.anchors(*range(1, 9))
        assert desk.step(2).under_way == 5
        desk.mine()
        desk.step()
        desk.mine()
        desk.step()
        assert desk.states(intents) == [IntentState.FINAL] * 8

    def test_is_final_only_when_deep_enough(self, desk: Desk) -> None:
        desk.limits = Limits(confirmations=3)
        (intent,) = desk.anchors(1)
        desk.until(IntentState.MINED, intent)
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.MINED
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL

    def test_legacy_fees_are_a_plain_gas_price(self, desk: Desk) -> None:
        desk.fees = FeePolicy(legacy=True)
        (intent,) = desk.anchors(1)
        desk.until(IntentState.FINAL, intent)
        sent = desk.rpc("eth_getTransactionByHash", spell(desk.outbox.attempts(intent.id)[0].hash))
        assert isinstance(sent, dict)
        assert sent["type"] == "0x0"

    def test_no_node_raises_and_loses_nothing(self, desk: Desk, standing: Standing) -> None:
        (intent,) = desk.anchors(1)
        desk.until(IntentState.FINAL, intent)
        os.kill(standing.anvil.pid, signal.SIGKILL)
        with pytest.raises(ChainUnavailable):
            desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL


POINTS = ("reserved", "signed", "broadcast", "sent", "settled")


class TestKill:
    @pytest.mark.parametrize("point", POINTS)
    @pytest.mark.parametrize("visit", [1, 2])
    def test_nothing_is_lost_or_doubled(self, desk: Desk, point: str, visit: int) -> None:
        intents = desk.anchors(1, 2, 3)
        desk.limits = Limits(window=2)
        visits = 0

        def reach(reached: str) -> None:
            nonlocal visits
            visits += reached == point
            if reached == point and visits >= visit:
                raise Killed

        desk.start(reach)
        with pytest.raises(Killed):
            desk.step(3)
        visits = 0
        desk.start(reach)
        with suppress(Killed):  # dies again during recovery where it gets there
            desk.step(3)
        desk.start()
        desk.until(IntentState.FINAL, *intents)
        assert desk.anchored(1, 2, 3) == 3
        assert desk.rpc("eth_getTransactionCount", desk.standing.office.address, "latest") == "0x3"

    def test_bytes_are_stored_before_they_leave(self, desk: Desk) -> None:
        (intent,) = desk.anchors(1)

        def reach(point: str) -> None:
            if point == "signed":
                raise Killed

        desk.start(reach)
        with pytest.raises(Killed):
            desk.step()
        (attempt,) = desk.outbox.attempts(intent.id)
        assert desk.rpc("eth_getTransactionByHash", spell(attempt.hash)) is None
        desk.start()
        desk.until(IntentState.FINAL, intent)
        assert [one.raw for one in desk.outbox.attempts(intent.id)] == [attempt.raw]
        assert desk.outbox.intents[intent.id].transaction == attempt.hash


class TestVanished:
    def test_same_bytes_leave_again_from_the_lowest_nonce(self, desk: Desk) -> None:
        desk.manual()
        intents = desk.anchors(1, 2)
        desk.step()
        desk.rpc("anvil_dropAllTransactions")
        assert desk.step().sent == 2
        assert [len(desk.outbox.attempts(one.id)) for one in intents] == [1, 1]
        desk.mine()
        desk.step()
        assert desk.states(intents) == [IntentState.FINAL] * 2

    def test_a_dropped_one_of_a_series_is_filled(self, desk: Desk) -> None:
        desk.manual()
        intents = desk.anchors(1, 2, 3)
        desk.step()
        (attempt,) = desk.outbox.attempts(intents[0].id)
        desk.rpc("anvil_dropTransaction", spell(attempt.hash))
        desk.step()
        desk.mine()
        desk.step()
        assert desk.states(intents) == [IntentState.FINAL] * 3

    def test_is_told_once(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)
        told = []
        for _ in range(2 * REBUILD_AFTER + 2):
            told += [alarm.code for alarm in desk.step().alarms]
            desk.rpc("anvil_dropAllTransactions")
        assert told.count("vanished") == 1
        assert desk.outbox.state(intent) is IntentState.SENT

    def test_is_told_again_after_it_came_back(self, desk: Desk) -> None:
        desk.manual()
        desk.anchors(1)
        told = []
        for _ in range(2):
            for _ in range(REBUILD_AFTER + 1):
                told += [alarm.code for alarm in desk.step().alarms]
                desk.rpc("anvil_dropAllTransactions")
            desk.step()  # sends it once more
            told += [alarm.code for alarm in desk.step().alarms]  # finds it in the pool
        assert told.count("vanished") == 2

    def test_too_little_gas_is_made_good(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)

        def reach(point: str) -> None:
            if point == "reserved":
                raise Killed

        desk.start(reach)
        with pytest.raises(Killed):
            desk.step()
        poor = replace(desk.outbox.intents[intent.id], gas=21_000)
        desk.outbox.intents[intent.id] = poor
        desk.start()
        for _ in range(6):
            desk.step()
            desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL
        assert desk.anchored(1) == 1


class TestReorganised:
    def test_mined_falls_back_to_sent_and_heals(self, desk: Desk) -> None:
        desk.limits = Limits(confirmations=5)
        intents = desk.anchors(1, 2)
        desk.until(IntentState.MINED, *intents)
        bytes_before = [desk.outbox.attempts(one.id)[0].raw for one in intents]
        desk.manual()
        desk.rpc("anvil_reorg", 2, [])
        desk.step()
        assert desk.states(intents) == [IntentState.SENT] * 2
        desk.mine(5)
        desk.step()
        assert desk.states(intents) == [IntentState.FINAL] * 2
        assert [desk.outbox.attempts(one.id)[0].raw for one in intents] == bytes_before
        assert desk.anchored(1, 2) == 2

    def test_moved_to_another_block_stays_mined(self, desk: Desk) -> None:
        desk.limits = Limits(confirmations=5)
        (intent,) = desk.anchors(1)
        desk.until(IntentState.MINED, intent)
        before = desk.outbox.intents[intent.id]
        (attempt,) = desk.outbox.attempts(intent.id)
        desk.mine(1)
        desk.rpc("anvil_reorg", 2, [[spell(attempt.raw), 1]])
        desk.step()
        after = desk.outbox.intents[intent.id]
        assert after.state is IntentState.MINED
        assert before.block is not None
        assert after.block == before.block + 1
        assert after.block_hash != before.block_hash


class TestFees:
    def test_stuck_is_raised_and_exactly_one_is_mined(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.now += 14
        desk.step()
        assert len(desk.outbox.attempts(intent.id)) == 1
        desk.now += 1
        desk.step()
        first, second = desk.outbox.attempts(intent.id)
        assert second.nonce == first.nonce
        assert second.max_fee * 1000 >= first.max_fee * 1125
        assert second.priority_fee * 1000 >= first.priority_fee * 1125
        desk.mine()
        desk.step()
        assert desk.outbox.intents[intent.id].transaction == second.hash
        assert desk.anchored(1) == 1

    def test_three_blocks_without_it_raise_too(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.rpc("anvil_dropAllTransactions")
        desk.mine(3)
        desk.step()
        assert len(desk.outbox.attempts(intent.id)) == 2
        desk.step(2)
        assert len(desk.outbox.attempts(intent.id)) == 2

    def test_those_behind_wait_for_their_turn_at_the_same_price(self, desk: Desk) -> None:
        desk.manual()
        intents = desk.anchors(1, 2)
        desk.step()
        desk.rpc("anvil_dropAllTransactions")
        desk.mine(3)
        desk.step()
        assert [len(desk.outbox.attempts(one.id)) for one in intents] == [2, 1]

    def test_a_spike_of_the_base_fee_is_followed(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.rpc("anvil_setNextBlockBaseFeePerGas", spell(20 * GWEI))
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.SENT
        desk.now += 15
        desk.step()
        assert desk.outbox.attempts(intent.id)[-1].max_fee >= 20 * GWEI
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL

    def test_the_ceiling_is_kept_and_told_once(self, desk: Desk) -> None:
        desk.fees = FeePolicy(ceiling=3 * GWEI)
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.rpc("anvil_setNextBlockBaseFeePerGas", spell(20 * GWEI))
        desk.mine()
        desk.now += 15
        told = [alarm.code for _ in range(4) for alarm in desk.step().alarms]
        assert (told.count("fee-ceiling"), told.count("underpriced")) == (1, 1)
        assert all(one.max_fee <= 3 * GWEI for one in desk.outbox.attempts(intent.id))
        assert desk.outbox.state(intent) is IntentState.SENT

    def test_refused_below_the_base_fee_is_raised_at_once(self, desk: Desk) -> None:
        desk.manual()
        desk.fees = FeePolicy(tip=0, ceiling=1000 * GWEI)
        (intent,) = desk.anchors(1)

        def reach(point: str) -> None:
            if point == "signed":
                raise Killed

        desk.start(reach)
        with pytest.raises(Killed):
            desk.step()
        desk.rpc("anvil_setNextBlockBaseFeePerGas", spell(50 * GWEI))
        desk.mine()
        desk.start()
        assert "underpriced" in [alarm.code for alarm in desk.step().alarms]
        desk.step()
        assert desk.outbox.attempts(intent.id)[-1].max_fee >= 50 * GWEI
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL


class TestRefused:
    def test_parked_under_our_errors_name_without_a_nonce(self, desk: Desk) -> None:
        at = desk.standing
        revoke = calls.revoke_role(at.deployment, at.agency, Role.REGISTRAR, at.office.address)
        at.send(revoke)
        order = at.intent(at.order(Status.REVOKED, 331))
        desk.outbox.add(order)
        (anchor,) = desk.anchors(1)
        desk.until(IntentState.FINAL, anchor)
        desk.until(IntentState.FAILED, order)
        assert desk.outbox.intents[order.id].error == "RoleMissing"
        assert desk.outbox.intents[order.id].nonce is None

    def test_reverted_in_its_block_is_parked_and_others_go_on(self, desk: Desk) -> None:
        at = desk.standing
        desk.manual()
        order = at.intent(at.order(Status.REVOKED, 331))
        desk.outbox.add(order)
        (anchor,) = desk.anchors(1)
        desk.step()
        desk.overtake(
            calls.revoke_role(at.deployment, at.agency, Role.REGISTRAR, at.office.address)
        )
        desk.mine()
        desk.step()
        assert desk.outbox.state(order) is IntentState.FAILED
        assert desk.outbox.intents[order.id].error == "RoleMissing"
        assert desk.outbox.state(anchor) is IntentState.FINAL

    def test_an_order_mined_before_its_time_is_sent_again(self, desk: Desk) -> None:
        at = desk.standing
        desk.manual()
        head = desk.rpc("eth_getBlockByNumber", "latest", False)  # noqa: FBT003  # JSON-RPC
        assert isinstance(head, dict)
        time = quantity(head["timestamp"])
        order = at.intent(at.order(Status.REVOKED, 331, effective_at=time + 50))
        desk.outbox.add(order)
        desk.rpc("evm_setNextBlockTimestamp", time + 50)
        desk.step()
        assert desk.outbox.state(order) is IntentState.SENT
        desk.rpc("evm_setNextBlockTimestamp", time + 10)
        desk.mine()
        desk.step()
        assert desk.outbox.state(order) is not IntentState.FAILED
        desk.rpc("evm_setNextBlockTimestamp", time + 60)
        desk.mine()
        desk.automine(on=True)
        desk.until(IntentState.FINAL, order)

    def test_an_order_that_needs_an_earlier_one_waits_for_it(self, desk: Desk) -> None:
        at = desk.standing
        desk.manual()
        suspend = at.intent(at.order(Status.SUSPENDED, 101))
        reinstate = at.intent(at.order(Status.VALID, 201))
        desk.outbox.add(suspend, reinstate)
        desk.step()
        assert desk.states([suspend, reinstate]) == [IntentState.SENT, IntentState.WAITING]
        desk.step()
        assert desk.states([suspend, reinstate]) == [IntentState.SENT] * 2
        desk.mine()
        desk.step()
        assert desk.states([suspend, reinstate]) == [IntentState.FINAL] * 2

    def test_an_order_is_parked_when_what_it_waited_for_did_not_help(self, desk: Desk) -> None:
        at = desk.standing
        desk.manual()
        order = at.intent(at.order(Status.VALID, 201))
        desk.anchors(1)
        desk.outbox.add(order)
        desk.step()
        assert desk.outbox.state(order) is IntentState.WAITING
        desk.mine()
        desk.step()
        assert desk.outbox.intents[order.id].error == "StatusTransitionIllegal"

    def test_a_root_that_stands_is_adopted_before_it_is_sent(self, desk: Desk) -> None:
        at = desk.standing
        receipt = at.send(at.anchor(1), at.office)
        (intent,) = desk.anchors(1)
        desk.until(IntentState.FINAL, intent)
        adopted = desk.outbox.intents[intent.id]
        assert adopted.transaction == receipt.transaction
        assert adopted.nonce is None
        assert desk.anchored(1) == 1

    def test_a_root_that_was_anchored_meanwhile_is_adopted(self, desk: Desk) -> None:
        at = desk.standing
        at.send(calls.grant_role(at.deployment, at.agency, Role.ISSUER, at.council.address))
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        other = desk.overtake(at.anchor(1))
        desk.mine()
        desk.until(IntentState.FINAL, intent)
        adopted = desk.outbox.intents[intent.id]
        assert adopted.transaction == other
        assert desk.anchored(1) == 1


class TestForeignNonce:
    def test_a_lost_nonce_is_replaced_and_the_root_anchored_once(self, desk: Desk) -> None:
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.rpc("anvil_dropAllTransactions")
        desk.automine(on=True)
        desk.standing.send(desk.standing.anchor(9), desk.standing.office)
        desk.step()
        desk.now += 2
        desk.step()
        assert desk.outbox.state(intent) is IntentState.SENT  # a receipt may come late
        desk.now += 1
        progress = desk.step()
        assert "foreign-nonce" in [alarm.code for alarm in progress.alarms]
        desk.until(IntentState.FINAL, intent)
        assert desk.outbox.intents[intent.id].nonce == 1
        assert desk.anchored(1) == 1

    def test_a_key_used_elsewhere_while_idle_moves_the_counter(self, desk: Desk) -> None:
        desk.step()
        desk.standing.send(desk.standing.anchor(9), desk.standing.office)
        (intent,) = desk.anchors(1)
        assert [alarm.code for alarm in desk.step().alarms] == ["foreign-nonce"]
        desk.until(IntentState.FINAL, intent)

    def test_twice_halts_until_a_person_resumes(self, desk: Desk) -> None:
        at = desk.standing
        desk.step()
        at.send(at.anchor(8), at.office)
        desk.step()
        at.send(at.anchor(9), at.office)
        (intent,) = desk.anchors(1)
        assert desk.step().halted == Reason.FOREIGN_NONCE
        assert desk.step().halted == Reason.FOREIGN_NONCE
        assert desk.outbox.state(intent) is IntentState.WAITING
        desk.outbox.halt(at.deployment.chain_id, at.office.address, "")
        desk.until(IntentState.FINAL, intent)


class TestGap:
    def test_is_closed_by_a_transaction_that_does_nothing(self, desk: Desk) -> None:
        at = desk.standing
        lane = (at.deployment.chain_id, at.office.address)
        desk.outbox.set_nonce(*lane, 1)  # as from a restored copy: nonce 0 was never used
        desk.manual()
        (intent,) = desk.anchors(1)
        desk.step()
        desk.now += 3
        progress = desk.step()
        assert "nonce-gap" in [alarm.code for alarm in progress.alarms]
        desk.mine()
        desk.step()
        assert desk.outbox.state(intent) is IntentState.FINAL

    def test_at_the_top_is_counted_again(self, desk: Desk) -> None:
        at = desk.standing
        lane = (at.deployment.chain_id, at.office.address)
        desk.outbox.set_nonce(*lane, 4)
        desk.step()
        assert desk.outbox.next_nonce(*lane) == 4
        desk.now += 3
        desk.step()
        assert desk.outbox.next_nonce(*lane) == 0


class TestHalt:
    def test_no_funds_and_resumes_when_paid(self, desk: Desk) -> None:
        at = desk.standing
        intents = desk.anchors(1, 2)
        desk.rpc("anvil_setBalance", at.office.address, "0x1")
        assert desk.step().halted == Reason.NO_FUNDS
        more = desk.anchors(3)
        assert desk.step(2).halted == Reason.NO_FUNDS
        assert desk.states(more) == [IntentState.WAITING]
        desk.rpc("anvil_setBalance", at.office.address, hex(10**18))
        desk.until(IntentState.FINAL, *intents, *more)

    def test_another_chain_is_not_sent_to(self, desk: Desk) -> None:
        at = desk.standing
        (intent,) = desk.anchors(1)
        desk.standing = replace(at, deployment=replace(at.deployment, chain_id=5))
        intent = replace(intent, id=b"\1" * 32, chain_id=5)
        desk.outbox.add(intent)
        assert desk.step().halted == Reason.WRONG_NETWORK
        assert desk.outbox.state(intent) is IntentState.WAITING

    def test_another_history_is_not_sent_to(self, desk: Desk) -> None:
        at = desk.standing
        (intent,) = desk.anchors(1)
        desk.standing = replace(at, deployment=replace(at.deployment, block_hash=bytes(32)))
        assert desk.step().halted == Reason.WRONG_HISTORY
        assert desk.outbox.state(intent) is IntentState.WAITING

    def test_other_code_is_not_sent_to_and_ends_with_its_cause(self, desk: Desk) -> None:
        at = desk.standing
        (intent,) = desk.anchors(1)
        code = desk.rpc("eth_getCode", at.deployment.record_ledger, "latest")
        desk.rpc("anvil_setCode", at.deployment.record_ledger, "0x00")
        assert desk.step().halted == Reason.WRONG_CODE
        assert desk.outbox.state(intent) is IntentState.WAITING
        desk.rpc("anvil_setCode", at.deployment.record_ledger, code)
        desk.until(IntentState.FINAL, intent)
