"""Transactions stuck, forgotten, refused or overtaken while the whole service works on.

Whoever ordered a licence gets 201 at once and learns nothing of it: in the end each record is
anchored once, and whoever looks after the service was told what a person must see.
"""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from structlog.testing import capture_logs

from api.main import main
from api.services.progress import Proofs
from api.store.tables import intents
from ledger.chain import calls
from ledger.chain.calls import Call
from ledger.chain.fees import BUMP_AFTER_SECONDS, GWEI, FeePolicy, Fees
from ledger.chain.lane import Reason
from ledger.chain.pending import VERDICT_SECONDS
from ledger.chain.wire import quantity
from ledger.outbox import Attempt, Intent, IntentState
from ledger.values import Role, Stage, Status
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import Front, front
from tests.support.licences import AGENCY
from tests.support.node_proxy import NodeProxy, answer, refuse
from tests.support.office import Office

AGAIN = 61
"""Seconds after which what was refused is tried again."""


def check(place: Office, counter: Front) -> None:
    """Check what must hold where no nonce was lost to anybody."""
    check_nonces(place)
    check_counted(place, counter)


def check_counted(place: Office, counter: Front) -> None:
    """Check what must hold in any case: all final and once, and as many nonces as the chain's."""
    check_anchored_once(place, counter.digests())
    with place.parts.database.read() as connection:
        states = set(connection.execute(select(intents.c.state)).scalars())
    assert states == {IntentState.FINAL.value}
    account = place.standing.office.address
    counted = place.standing.node.call("eth_getTransactionCount", account, "latest")
    assert place.outbox.next_nonce(*place.lane) == quantity(counted)
    check_audit(place)


def manual(place: Office) -> None:
    """Let no block be made of itself."""
    place.standing.node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC


def heal(place: Office) -> None:
    """Let blocks be made again, and let everything come to rest."""
    place.standing.node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
    place.standing.node.call("evm_mine")
    place.work()


def base_fee(place: Office, fee: int) -> None:
    """Make a block at a base fee."""
    place.standing.node.call("anvil_setNextBlockBaseFeePerGas", hex(fee))
    place.standing.node.call("evm_mine")


def under_way(place: Office) -> list[tuple[Intent, list[Attempt]]]:
    """Return what is in no block yet, each with its attempts."""
    found = place.outbox.unfinished(*place.lane)
    return [(each, list(place.outbox.attempts(each.id))) for each in found]


def issue_and_send(place: Office, counter: Front, count: int = 1) -> list[Attempt]:
    """Issue into so many batches, send them, and return the first attempt of each."""
    for _ in range(count):
        counter.issue()
        place.only("anchoring", "sending")
    sent = under_way(place)
    assert [len(attempts) for _, attempts in sent] == [1] * count
    return [attempts[0] for _, attempts in sent]


def stages(place: Office, counter: Front) -> set[Stage]:
    proofs = Proofs(place.batches, place.standing.deployment.ledger)
    return {proofs.stage(digest) for digest in counter.digests()}


def alarms(do: Callable[[], object]) -> list[str]:
    """Return the alarms in the log while the worker does something."""
    with capture_logs() as log:
        do()
    return [line["code"] for line in log if line["event"] == "alarm"]


def overtake(place: Office, call: Call) -> None:
    """Put the council's call before everything that waits, and make the block."""
    council, node = place.standing.council, place.standing.node
    count = node.call("eth_getTransactionCount", council.address, "latest")
    signed = council.sign_transaction(
        {
            "chainId": place.standing.deployment.chain_id,
            "nonce": quantity(count),
            "gas": 200_000,
            "to": call.to,
            "value": 0,
            "data": call.data,
            **Fees(100 * GWEI, 50 * GWEI).fields(legacy=False),
        }
    )
    node.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
    node.call("evm_mine")


class TestStuck:
    def test_is_raised_and_mined_once(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            (first,) = issue_and_send(place, counter)
            place.parts.ahead = BUMP_AFTER_SECONDS
            counter.issue()
            place.passes()
            attempts = under_way(place)[0][1]
            assert [each.nonce for each in attempts] == [first.nonce] * 2
            assert attempts[1].max_fee * 1000 >= first.max_fee * 1125
            assert attempts[1].priority_fee * 1000 >= first.priority_fee * 1125
            assert stages(place, counter) == {Stage.SUBMITTED}
            heal(place)
            check(place, counter)

    def test_while_nodes_call_the_replacement_underpriced_is_raised_further(
        self, proxied: tuple[Office, NodeProxy]
    ) -> None:
        place, proxy = proxied
        with front(place) as counter:
            manual(place)
            (first,) = issue_and_send(place, counter)
            proxy.when("eth_sendRawTransaction", refuse("replacement transaction underpriced"))
            place.parts.ahead = BUMP_AFTER_SECONDS
            assert "underpriced" in alarms(place.passes)
            ((_, attempts),) = under_way(place)
            assert {each.nonce for each in attempts} == {first.nonce}
            fees = [each.max_fee for each in attempts]
            assert len(fees) > 2
            assert fees == sorted(set(fees))
            heal(place)
            check(place, counter)

    def test_below_a_leaping_base_fee_follows_it(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            issue_and_send(place, counter)
            base_fee(place, 20 * GWEI)
            place.passes()
            assert stages(place, counter) == {Stage.SUBMITTED}
            place.parts.ahead = BUMP_AFTER_SECONDS
            place.passes()
            heal(place)
            check(place, counter)

    def test_above_the_ceiling_waits_and_tells(self, issuing: Office) -> None:
        place, ceiling = issuing, FeePolicy().ceiling
        with front(place) as counter:
            manual(place)
            issue_and_send(place, counter)
            base_fee(place, 2 * ceiling)
            place.parts.ahead = BUMP_AFTER_SECONDS
            assert "fee-ceiling" in alarms(place.passes)
            counter.issue()
            place.passes()
            paid = [each.max_fee for _, attempts in under_way(place) for each in attempts]
            assert max(paid) <= ceiling
            base_fee(place, GWEI)
            heal(place)
            check(place, counter)


class TestVanished:
    def test_though_the_node_said_yes_leaves_again_as_it_was(
        self, proxied: tuple[Office, NodeProxy]
    ) -> None:
        place, proxy = proxied
        with front(place) as counter:
            proxy.when("eth_sendRawTransaction", answer("0x" + "11" * 32))
            (lost,) = issue_and_send(place, counter)
            place.only("sending")
            assert proxy.asked["eth_sendRawTransaction"] >= 2
            place.work()
            with place.parts.database.read() as connection:
                mined = connection.execute(select(intents.c.transaction)).scalars().all()
            assert mined == [lost.hash]
            check(place, counter)

    def test_for_want_of_gas_is_built_anew(self, proxied: tuple[Office, NodeProxy]) -> None:
        """21,000 are too few for the bytes alone: some nodes take them and drop them."""
        place, proxy = proxied
        with front(place) as counter:
            manual(place)
            proxy.when("eth_estimateGas", answer(hex(21_000)))
            counter.issue()
            for _ in range(6):
                place.passes(1)
                place.standing.node.call("evm_mine")
            heal(place)
            check(place, counter)

    def test_with_the_whole_pool_leaves_again_in_its_order(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            before = issue_and_send(place, counter, 3)
            place.standing.node.call("anvil_dropAllTransactions")
            place.only("sending")
            assert [attempts for _, attempts in under_way(place)] == [[each] for each in before]
            heal(place)
            check(place, counter)


class TestGap:
    def test_in_a_series_is_filled_with_the_same_bytes(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            before = issue_and_send(place, counter, 3)
            place.standing.node.call("anvil_dropTransaction", "0x" + before[0].hash.hex())
            place.only("sending")
            assert [attempts for _, attempts in under_way(place)] == [[each] for each in before]
            heal(place)
            check(place, counter)

    def test_left_by_a_counter_that_ran_ahead_is_closed_and_told(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            issue_and_send(place, counter)
            place.outbox.set_nonce(*place.lane, 3)  # nonces 1 and 2 belong to nothing
            counter.issue()
            place.passes()
            place.parts.ahead = VERDICT_SECONDS
            assert "nonce-gap" in alarms(place.passes)
            heal(place)
            check_counted(place, counter)


class TestForeignNonce:
    def test_costs_a_transaction_and_no_record(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            manual(place)
            issue_and_send(place, counter)
            place.standing.node.call("anvil_dropAllTransactions")
            use_key_elsewhere(place, 1)
            place.passes(1)
            place.parts.ahead = VERDICT_SECONDS
            assert "foreign-nonce" in alarms(place.passes)
            heal(place)
            check_counted(place, counter)

    def test_again_halts_until_a_person_resumes(
        self, issuing: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = issuing
        with front(place) as counter:
            for number in (1, 2):
                counter.issue()
                place.work()
                use_key_elsewhere(place, number)
                counter.issue()
                heard = alarms(place.passes)
            assert "halted" in heard
            assert place.outbox.halted(*place.lane) == Reason.FOREIGN_NONCE
            counter.issue()
            place.passes()
            assert stages(place, counter) > {Stage.FINAL}
            assert halted(counter)[Reason.FOREIGN_NONCE] == 1
            resume(place, monkeypatch)
            place.work()
            assert halted(counter)[Reason.FOREIGN_NONCE] == 0
            check_counted(place, counter)


class TestRefused:
    def test_for_want_of_money_halts_and_goes_on_when_paid(self, issuing: Office) -> None:
        place = issuing
        with front(place) as counter:
            account = place.standing.office.address
            place.standing.node.call("anvil_setBalance", account, "0x1")
            for _ in range(2):
                counter.issue()
                place.passes()
            assert halted(counter)[Reason.NO_FUNDS] == 1
            assert stages(place, counter) <= {Stage.ISSUED, Stage.SUBMITTED}
            place.standing.node.call("anvil_setBalance", account, hex(10**18))
            place.passes()
            place.work()
            assert halted(counter)[Reason.NO_FUNDS] == 0
            check(place, counter)

    def test_for_want_of_a_role_is_parked_burns_nothing_and_comes_back(
        self, issuing: Office
    ) -> None:
        place, deployment = issuing, issuing.standing.deployment
        account = place.standing.office.address
        role = (deployment, AGENCY.id, Role.ISSUER, account)
        with front(place) as counter:
            (row,) = place.issue()
            counter.issue()
            place.work()
            counter.issue()
            place.standing.send(calls.revoke_role(*role))
            place.change(row, Status.SUSPENDED, 101)
            place.passes()
            assert place.status(row) is Status.SUSPENDED  # others go on
            assert set(errors(place)) == {"RoleMissing"}
            sent = place.standing.node.call("eth_getTransactionCount", account, "pending")
            place.parts.ahead = AGAIN
            place.passes()
            again = place.standing.node.call("eth_getTransactionCount", account, "pending")
            assert again == sent
            place.standing.send(calls.grant_role(*role))
            place.parts.ahead = 2 * AGAIN
            place.work()
            check(place, counter)

    def test_in_its_block_is_parked_and_comes_back(self, issuing: Office) -> None:
        place, deployment = issuing, issuing.standing.deployment
        role = (deployment, AGENCY.id, Role.ISSUER, place.standing.office.address)
        with front(place) as counter:
            manual(place)
            issue_and_send(place, counter)
            overtake(place, calls.revoke_role(*role))
            place.passes()
            assert errors(place) == ["RoleMissing"]
            overtake(place, calls.grant_role(*role))
            place.parts.ahead = AGAIN
            place.passes()
            heal(place)
            check_counted(place, counter)

    def test_out_of_gas_is_parked_and_comes_back(self, proxied: tuple[Office, NodeProxy]) -> None:
        place, proxy = proxied
        with front(place) as counter:
            proxy.when("eth_estimateGas", answer(hex(30_000)))
            counter.issue()
            place.work()
            assert errors(place) == ["RevertUnexplained"]
            place.parts.ahead = AGAIN
            place.work()
            check_counted(place, counter)

    def test_by_other_code_is_not_sent_and_ends_with_its_cause(self, issuing: Office) -> None:
        place, ledger = issuing, issuing.standing.deployment.record_ledger
        node = place.standing.node
        with front(place) as counter:
            code = node.call("eth_getCode", ledger, "latest")
            node.call("anvil_setCode", ledger, "0x00")
            place.worker = place.parts.worker(place.stop)  # as after a restart
            counter.issue()
            for _ in range(3):
                place.worker.run_once()
            assert halted(counter)[Reason.WRONG_CODE] == 1
            assert under_way(place) == []
            node.call("anvil_setCode", ledger, code)
            place.work()
            check(place, counter)


def use_key_elsewhere(place: Office, number: int) -> None:
    """Send with the service's own key from outside, and wait for the block."""
    place.standing.node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
    place.standing.send(place.standing.anchor(number), place.standing.office)


def resume(place: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a person does who looked, with the command of the service."""
    settings = place.settings
    for name in ("database_url", "deployment", "keys"):
        monkeypatch.setenv(f"SUIZHENG_{name.upper()}", str(getattr(settings, name)))
    done = CliRunner().invoke(main, ["resume"])
    assert done.exit_code == 0, done.output


def errors(place: Office) -> list[str]:
    """Return the names under which something is parked."""
    with place.parts.database.read() as connection:
        query = select(intents.c.error).where(intents.c.state == IntentState.FAILED.value)
        return list(connection.execute(query).scalars())


def halted(counter: Front) -> dict[str, int]:
    """Return the accounts that stand still by reason, as whoever watches the service sees it."""
    text = counter.client.get("/metrics").text
    found = re.findall(r'accounts_halted\{reason="([^"]+)"\} (\d+)', text)
    return {reason: int(number) for reason, number in found}
