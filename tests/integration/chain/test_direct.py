"""One transaction, sent and waited for."""

from dataclasses import dataclass

import pytest

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.chain.direct import Patience, require_accepted, send_and_wait, why_reverted
from ledger.chain.fees import FeePolicy
from ledger.chain.wire import spell
from ledger.errors import ChainUnavailable, KeyWindowInvalid, RootAlreadyAnchored, RootEmpty
from ledger.keys import PrivateKey
from ledger.values import KeyUsage, RecordKind, Role
from tests.support.standing import Standing, root


@dataclass
class Watch:
    """A clock that moves only while somebody sleeps by it."""

    now: float = 0.0
    naps: int = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps += 1


def count(at: Standing) -> str:
    return str(at.node.call("eth_getTransactionCount", at.office.address, "pending"))


class TestSendAndWait:
    def test_returns_the_receipt(self, standing: Standing) -> None:
        receipt = standing.send(standing.anchor(1), standing.office)
        head = standing.client.head()
        assert (receipt.block, receipt.block_hash) == (head.block, head.hash)
        assert receipt.contract is None
        assert 40_000 < receipt.gas_used < 60_000

    def test_one_after_another(self, standing: Standing) -> None:
        blocks = [standing.send(standing.anchor(n), standing.office).block for n in (1, 2, 3)]
        assert blocks == sorted(blocks)

    def test_a_refusal_is_by_name_and_costs_nothing(self, standing: Standing) -> None:
        standing.send(standing.anchor(1), standing.office)
        before = count(standing)
        with pytest.raises(RootAlreadyAnchored):
            standing.send(standing.anchor(1), standing.office)
        with pytest.raises(RootEmpty):
            standing.send(standing.anchor(0), standing.office)
        assert count(standing) == before

    def test_a_legacy_chain_gets_a_gas_price(self, standing: Standing) -> None:
        fees = FeePolicy(legacy=True)
        call = standing.anchor(1)
        receipt = send_and_wait(standing.node, standing.office, call, fees=fees)
        sent = standing.node.call("eth_getTransactionByHash", spell(receipt.transaction))
        assert sent["type"] == "0x0"

    def test_no_funds_is_told(self, standing: Standing) -> None:
        standing.node.call("anvil_setBalance", standing.office.address, "0x1")
        with pytest.raises(ChainUnavailable) as refused:
            standing.send(standing.anchor(1), standing.office)
        assert "unds" in refused.value.reason

    def test_waiting_ends(self, standing: Standing) -> None:
        standing.node.call("evm_setAutomine", *[False])
        watch = Watch()
        patience = Patience(3.0, watch.monotonic, watch.sleep)
        with pytest.raises(ChainUnavailable) as ended:
            send_and_wait(standing.node, standing.office, standing.anchor(1), patience=patience)
        assert "in no block yet" in ended.value.reason
        assert 3.0 < watch.now < 3.5
        assert watch.naps < 40


class TestRequireAccepted:
    def test_asks_as_of_the_next_block_however_long_ago_the_last_one_was(
        self, standing: Standing
    ) -> None:
        """A step whose window opened since would be refused, and one whose window closed not."""
        at, end = standing.deployment, standing.client.head().time + 100
        window = KeyWindow(0, end, end)
        key = PrivateKey.from_secret(b"\x0d" * 32).public_key
        call = calls.announce_key(at, standing.agency, key, KeyUsage.DOCUMENTS, window)
        require_accepted(standing.node, standing.council.address, call)
        standing.node.call("evm_increaseTime", 200)
        with pytest.raises(KeyWindowInvalid):
            require_accepted(standing.node, standing.council.address, call)


class TestWhyReverted:
    def test_asks_at_the_end_of_the_block(self, standing: Standing) -> None:
        block = standing.send(standing.anchor(1), standing.office).block
        call = standing.anchor(1)
        asked = {"from": standing.office.address, "to": call.to, "data": spell(call.data)}
        assert isinstance(why_reverted(standing.node, asked, block), RootAlreadyAnchored)

    def test_nobody_can_say_why_where_it_would_pass_now(self, standing: Standing) -> None:
        call = standing.anchor(1)
        asked = {"from": standing.office.address, "to": call.to, "data": spell(call.data)}
        block = standing.client.head().block
        assert isinstance(why_reverted(standing.node, asked, block), ChainUnavailable)

    def test_reads_the_roles_of_then(self, standing: Standing) -> None:
        at = standing.deployment
        standing.send(calls.revoke_role(at, standing.agency, Role.ISSUER, standing.office.address))
        call = calls.anchor(at, standing.agency, RecordKind.LICENCE, root(1), 1)
        asked = {"from": standing.office.address, "to": call.to, "data": spell(call.data)}
        block = standing.client.head().block
        assert type(why_reverted(standing.node, asked, block)).__name__ == "RoleMissing"
