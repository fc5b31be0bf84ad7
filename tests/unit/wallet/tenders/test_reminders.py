"""What is due for a bid at a time; all of it pure."""

from dataclasses import replace

import pytest

from ledger.chain.tender_reading import BidAsStored
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import BidState
from wallet.tenders.reminders import Duty, Reminder, Step, duties, next_duty, reminder_due

DAY, HOUR = 86_400, 3_600
FIRST = Ends(100 * DAY, 101 * DAY, 102 * DAY, 103 * DAY, 104 * DAY)
SECOND = Ends(100 * DAY, 201 * DAY, 202 * DAY, 203 * DAY, 204 * DAY)
NONE = BidAsStored(bytes(32), 0, 0, 0, BidState.NONE, 0, 0, is_rejected=False)
LIVE = replace(NONE, version=1, state=BidState.LIVE)
SUBMIT = Duty(Step.SUBMIT, 1, 100 * DAY, 100 * DAY)
LIST = Duty(Step.LIST, 1, 100 * DAY, 101 * DAY)
DISCLOSE = Duty(Step.DISCLOSE, 1, 101 * DAY, 102 * DAY)
PRICE = Duty(Step.DISCLOSE, 2, 201 * DAY, 202 * DAY)


class TestDuties:
    @pytest.mark.parametrize(
        ("bid", "newest", "posted", "expected"),
        [
            (NONE, 1, 0, (SUBMIT,)),
            (NONE, 1, 1, (LIST, DISCLOSE)),
            (NONE, 2, 1, (SUBMIT, LIST, DISCLOSE)),
            (LIVE, 1, 0, (DISCLOSE,)),
            (LIVE, 2, 0, (SUBMIT, DISCLOSE)),
            (LIVE, 1, 1, (DISCLOSE,)),
            (replace(LIVE, disclosed=1), 1, 0, ()),
            (replace(LIVE, state=BidState.WITHDRAWN, version=2), 1, 0, ()),
        ],
    )
    def test_are_what_the_chain_lacks(
        self, bid: BidAsStored, newest: int, posted: int, expected: tuple[Duty, ...]
    ) -> None:
        assert duties({1: FIRST}, bid, newest=newest, posted=posted) == expected

    def test_of_the_second_envelope_are_not_a_rejected_bids(self) -> None:
        bid = replace(LIVE, disclosed=1)
        ends = {1: FIRST, 2: SECOND}
        assert duties(ends, bid, newest=1, posted=0) == (PRICE,)
        assert duties(ends, replace(bid, is_rejected=True), newest=1, posted=0) == ()
        assert duties(ends, replace(bid, disclosed=3), newest=1, posted=0) == ()


class TestNextDuty:
    def test_is_the_first_that_is_not_too_late(self) -> None:
        due = (SUBMIT, LIST, DISCLOSE)
        moments = (0, 100 * DAY - 1, 100 * DAY, 101 * DAY - 1, 101 * DAY, 102 * DAY - 1)
        found = [next_duty(due, at) for at in moments]
        assert found == [SUBMIT, SUBMIT, LIST, LIST, DISCLOSE, DISCLOSE]
        assert next_duty(due, 102 * DAY) is None


class TestReminderDue:
    @pytest.mark.parametrize(
        ("before", "lead"),
        [
            (DAY + 1, None),
            (DAY, DAY),
            (HOUR + 1, DAY),
            (HOUR, HOUR),
            (1, HOUR),
            (0, 0),
            (1 - DAY, 0),
            (-DAY, None),
        ],
    )
    def test_is_a_day_and_an_hour_before_and_at_the_start(
        self, before: int, lead: int | None
    ) -> None:
        found = reminder_due([DISCLOSE], DISCLOSE.opens_at - before)
        assert found == (None if lead is None else Reminder(DISCLOSE, lead))

    def test_of_a_bid_that_is_not_sent_ends_at_the_deadline(self) -> None:
        assert reminder_due([SUBMIT], SUBMIT.opens_at - 1) == Reminder(SUBMIT, HOUR)
        assert reminder_due([SUBMIT], SUBMIT.opens_at) is None

    def test_of_nothing_is_none(self) -> None:
        assert reminder_due([], 100 * DAY) is None
