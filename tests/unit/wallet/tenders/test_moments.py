"""Deadlines in local time and in UTC."""

from ledger.tenders.policy.calendars import calendar_under
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from wallet.tenders.moments import end_rows, told_duty
from wallet.tenders.reminders import Duty, Step

MIDNIGHT = 1_792_598_400
"""2026-10-22T00:00:00+08:00."""


def test_are_shown_by_the_calendar_of_the_policy() -> None:
    calendar = calendar_under(terms_of(preset("cn")).id)
    rows = end_rows(calendar, [("submitEnd", MIDNIGHT)])
    assert rows == [("submitEnd", "2026-10-21 24:00 Asia/Shanghai", "2026-10-21T16:00:00Z")]


def test_are_shown_in_utc_where_nobody_knows_the_policy() -> None:
    assert calendar_under(bytes(32)) is None
    rows = end_rows(None, [("submitEnd", MIDNIGHT)])
    assert rows == [("submitEnd", "", "2026-10-21 16:00:00Z")]


def test_say_what_is_to_be_done_before_when() -> None:
    calendar = calendar_under(terms_of(preset("cn")).id)
    end = "2026-10-21 24:00 Asia/Shanghai = 2026-10-21T16:00:00Z"
    submit = Duty(Step.SUBMIT, 1, MIDNIGHT, MIDNIGHT)
    assert told_duty(submit, calendar) == f"the bid is not sent yet; submit it before {end}"
    disclose = Duty(Step.DISCLOSE, 2, MIDNIGHT, MIDNIGHT)
    assert told_duty(disclose, calendar) == f"disclose part 2 from {end} and before {end}"
