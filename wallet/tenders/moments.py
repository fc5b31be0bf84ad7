"""Deadlines as people read them: local time of the tender's calendar, and UTC."""

from collections.abc import Iterable

from ledger.tenders.calendar import Calendar
from wallet.console import when
from wallet.tenders.reminders import Duty, Step


def both(calendar: Calendar | None, at: int, *, is_end: bool = False) -> tuple[str, str]:
    """Return a moment in local time and in UTC; the first is empty where nobody knows the zone.

    Raises `CalendarUnknown` beyond the year 9999.
    """
    if calendar is None:
        return "", when(at)
    shown = calendar.shown(at, is_end=is_end)
    return f"{shown.day} {shown.clock} {shown.zone}", shown.utc


def end_rows(
    calendar: Calendar | None, ends: Iterable[tuple[str, int]]
) -> list[tuple[str, str, str]]:
    """Return a row for each end, by its name; raises as `both` does."""
    return [(name, *both(calendar, at, is_end=True)) for name, at in ends]


def told_moment(calendar: Calendar | None, at: int) -> str:
    """Return an end in both, in one piece; raises as `both` does."""
    return " = ".join(each for each in both(calendar, at, is_end=True) if each)


def told_duty(duty: Duty, calendar: Calendar | None) -> str:
    """Return a duty as a person reads it; raises as `both` does."""
    closes = told_moment(calendar, duty.closes_at)
    if duty.step is Step.SUBMIT:
        return f"the bid is not sent yet; {duty.step} it before {closes}"
    opens = told_moment(calendar, duty.opens_at)
    return f"{duty.step} part {duty.part} from {opens} and before {closes}"
