"""Two workers on one account: one stands still at a stored state while the other goes on."""

import os
import random
from contextlib import suppress

from ledger.chain.accounts import Account
from ledger.errors import LedgerError
from tests.support.checks import check_audit, check_nonces
from tests.support.kills import KillableParts, Nursery, Say
from tests.support.office import Office
from tests.support.wishes import wish

TURNS = 3
STOPS = int(os.environ.get("SUIZHENG_TEST_STOPS", "4"))
"""States at which a worker is stopped, drawn by the run's seed; a hundred are all there are."""


class TestStopped:
    def test_at_a_stored_state_and_woken_late_does_nothing_twice(
        self, place: Office, nursery: Nursery, approver: Account
    ) -> None:
        """The one that was stopped had lost the lead without noticing."""
        wish(place, approver)
        points = nursery.live(work_on).points
        assert len(points) > STOPS
        numbers = range(1, len(points) + 1)
        for number in random.sample(numbers, min(STOPS, len(numbers))):
            wished = wish(place, approver)
            child = nursery.begin(work_on, stop_at=number)
            if child.wait_until_stopped() and child.points[-2] != "commit":  # it holds no lock
                place.work()
            child.wake()
            place.work()
            wished.check(place)
        check_nonces(place)
        check_audit(place)


def work_on(parts: KillableParts, _say: Say) -> None:
    """Do what the worker does, a few times; whoever is fenced off goes on with the next step."""
    steps = parts.worker(parts.stop).steps
    for step in steps * TURNS:
        with suppress(LedgerError):
            step.run(True)  # noqa: FBT003  # flush, by the name of Step.run
