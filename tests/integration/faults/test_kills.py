"""kill -9 of whoever issues and of the worker, at every state that is ever stored.

Nobody names the states: a run counts its commits and its exchanges with the node, and the test
kills at the first, the second, and so on until a run comes through alive. A commit begins with what
the one before it left: that state counts once.
"""

import asyncio
import os
import random
from itertools import count

import pytest

from api.services.issuance import IssueOrder
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.values import Digest
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.kills import KillableParts, Nursery, Say, work
from tests.support.licences import AGENCY, CATALOGUE, FIELDS
from tests.support.office import TYPE, Office
from tests.support.wishes import wish

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = int(os.environ.get("SUIZHENG_TEST_KILLS", "40"))
"""Lives of the random harness; a thousand take a few minutes."""
LONGEST_LIFE = 0.06
AGAIN = (1, 2, 5, None)
"""Points of the second life at which it is killed, by turns; one is let live."""
POINTS = {"commit", "committed", "broadcast", "broadcast done"}


class TestWorker:
    def test_killed_at_every_stored_state_and_again_while_it_recovers(
        self, place: Office, nursery: Nursery, approver: Account, *, is_thorough: bool
    ) -> None:
        """By turns it is killed early or late in its second life, or once alone."""
        passed: set[str] = set()
        for number in count(1, 1 if is_thorough else 5):
            wished = wish(place, approver)
            child = nursery.live(work, kill_at=number)
            passed |= set(child.points)
            if again := AGAIN[number % len(AGAIN)]:
                nursery.live(work, kill_at=again)
            place.work()
            wished.check(place)
            if not child.was_killed:
                break
        assert number > len(POINTS)
        assert passed == POINTS
        check_nonces(place)
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
