"""kill -9 of whoever issues and of the worker, at every state that is ever stored.

Nobody names the points: a run counts its commits and its exchanges with the node, and the test
kills at the first, the second, and so on until a run comes through alive. A commit begins with what
the one before it left: that state counts once. That each state of an intent was among what a kill
left is held against `IntentState`, so a state that no run here passes is missed.
"""

import asyncio
import os
import random
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import select

from api.services.issuance import IssueOrder
from api.store.tables import intents
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.pending import VERDICT_SECONDS
from ledger.chain.wire import quantity
from ledger.outbox import IntentState
from ledger.values import Digest, Status
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.kills import KillableParts, Nursery, Say, work
from tests.support.licences import AGENCY, CATALOGUE, FIELDS
from tests.support.office import TYPE, Office, OfficeParts
from tests.support.wishes import wish

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = int(os.environ.get("SUIZHENG_TEST_KILLS", "40"))
"""Lives of the random harness; a thousand take a few minutes."""
LONGEST_LIFE = 0.06
AGAIN = (1, 2, 5, None)
"""Points of the second life at which it is killed, by turns; one is let live."""
POINTS = {"commit", "committed", "broadcast", "broadcast done"}
CONFIRMATIONS = 3
ORDINARY = set(IntentState) - {IntentState.MINED, IntentState.FAILED}
"""What a kill may leave where nothing is refused and one confirmation is enough."""


@pytest.fixture
def patient(issuing: Office) -> Iterator[Office]:
    """The office, to which nothing is final before three confirmations."""
    place, before = issuing, issuing.parts
    place.settings = place.settings.model_copy(update={"confirmations": CONFIRMATIONS})
    place.parts = OfficeParts(place.settings)
    place.worker = place.parts.worker(place.stop)
    yield place
    before.close()  # the office's stores are over it


class TestWorker:
    def test_killed_at_every_stored_state_and_again_while_it_recovers(
        self, place: Office, nursery: Nursery, approver: Account, *, is_thorough: bool
    ) -> None:
        """By turns it is killed early or late in its second life, or once alone."""
        passed: set[str] = set()
        left: set[IntentState] = set()
        for number in count(1, 1 if is_thorough else 5):
            wished = wish(place, approver)
            child = nursery.live(work, kill_at=number)
            passed |= set(child.points)
            left |= states_of(place)
            if again := AGAIN[number % len(AGAIN)]:
                nursery.live(work, kill_at=again)
            place.work()
            wished.check(place)
            if not child.was_killed:
                break
        assert number > len(POINTS)
        assert passed == POINTS
        assert left == ORDINARY or not is_thorough
        check_nonces(place)
        check_audit(place)

    def test_killed_while_it_parks_and_waits_for_blocks_does_neither_twice(
        self, patient: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        """A change that the contract refuses beside a record, nothing final for three blocks."""
        place = patient
        left: set[IntentState] = set()
        for number in count(1, 2 if is_thorough else 5):
            (former,) = place.issue()
            place.change(former, Status.REVOKED, 330)
            settle(place)
            refused = place.change(former, Status.SUSPENDED, 101)
            (row,) = place.issue()
            child = nursery.live(work_and_mine, kill_at=number)
            left |= states_of(place)
            if again := AGAIN[number % len(AGAIN)]:
                nursery.live(work_and_mine, kill_at=again)
            settle(place)
            found = place.changes.get(refused.id)
            assert (found.state, found.error) == (IntentState.FAILED, "StatusFinal")
            check_anchored_once(place, [former.digest, row.digest])
            if not child.was_killed:
                break
        assert left == set(IntentState) or not is_thorough
        check_counter(place)
        check_audit(place)

    def test_killed_while_it_gives_a_lost_nonce_up_anchors_once(
        self, issuing: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        """Somebody else used the nonce of what had left; the process does not live to say so."""
        place = issuing
        for number in count(1, 2 if is_thorough else 5):
            place.standing.node.call("evm_setAutomine", False)  # noqa: FBT003  # JSON-RPC
            (row,) = place.issue()
            place.only("anchoring", "sending")
            (sent,) = place.outbox.unfinished(*place.lane)
            place.standing.node.call("anvil_dropAllTransactions")
            place.standing.node.call("evm_setAutomine", True)  # noqa: FBT003  # JSON-RPC
            place.standing.send(place.standing.anchor(number), place.standing.office)
            child = nursery.live(judge_and_work, kill_at=number)
            nursery.live(judge_and_work, kill_at=AGAIN[number % len(AGAIN)])
            nursery.live(judge_and_work)
            place.work()
            check_anchored_once(place, [row.digest])
            assert place.outbox.get(sent.id).nonce == (sent.nonce or 0) + 1
            if not child.was_killed:
                break
        assert number > 2
        check_counter(place)
        check_audit(place)


class TestIssuer:
    def test_killed_at_random_loses_and_doubles_nothing(
        self, place: Office, nursery: Nursery
    ) -> None:
        """Whoever issues says what was stored; a life lasts up to 60 ms from its first word."""
        record_type = CATALOGUE.get(TYPE).record_type
        place.standing.send(calls.accredit(place.standing.deployment, AGENCY.id, record_type))
        place.work()
        acknowledged: list[Digest] = []
        for _ in range(KILLS):
            child = nursery.begin(issue_and_work)
            assert child.listen()
            child.kill_after(random.uniform(0, LONGEST_LIFE))  # noqa: S311  # the run's seed repeats it
            acknowledged += [Digest(said) for said in child.said if isinstance(said, bytes)]
        place.work()
        assert len(set(acknowledged)) == len(acknowledged)
        check_anchored_once(place, acknowledged)
        check_nonces(place)
        check_audit(place)


def states_of(place: Office) -> set[IntentState]:
    """Return the states of all intents that are stored."""
    with place.parts.database.read() as connection:
        return set(map(IntentState, connection.execute(select(intents.c.state)).scalars()))


def settle(place: Office) -> None:
    """Let everything come to rest, blocks made as they are needed."""
    place.work()
    place.standing.node.call("anvil_mine", hex(CONFIRMATIONS))
    place.work()


def check_counter(place: Office) -> None:
    """Raise unless the next nonce is the chain's: none was skipped, and none waits."""
    chain_id, account = place.lane
    counted = place.standing.node.call("eth_getTransactionCount", account, "latest")
    assert place.outbox.next_nonce(chain_id, account) == quantity(counted)
    assert place.outbox.unfinished(chain_id, account) == []


def work_and_mine(parts: KillableParts, say: Say) -> None:
    """Work until all is in a block, let blocks come, and work until all is final."""
    work(parts, say)
    parts.node.call("anvil_mine", hex(CONFIRMATIONS))
    work(parts, say)


def judge_and_work(parts: KillableParts, say: Say) -> None:
    """Look at what is under way, and again when it has been missing for long enough."""
    worker = parts.worker(parts.stop)
    for _ in range(2):
        worker.run_once()
        parts.ahead += VERDICT_SECONDS
    worker.run_until_idle()
    say("through")


def issue_and_work(parts: KillableParts, say: Say) -> None:
    """Issue and work by turns, for ever, saying which licences were acknowledged."""
    issuance = parts.services().issuance
    worker = parts.worker(parts.stop)
    worker.run_once()
    loop = asyncio.Runner()
    say("ready")
    for number in count():
        name = f"{os.getpid()}-{number}"
        order = IssueOrder(AGENCY.id, TYPE, FIELDS[TYPE], external_id=name)
        issued = loop.run(issuance.issue(order, parts.sender_address))
        say(issued.row.digest)
        if number % 5 == 4:
            worker.run_once()
