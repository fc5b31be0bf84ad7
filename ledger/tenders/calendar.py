"""Days as the law counts them: calendar days, working days, holidays and make-up days.

The first day is not counted (民法典 art. 201). A last day off moves to the next working day, and a
period ends at 24:00 (art. 203; that weekends count as days off there is the usual reading). Who
works when is decided year by year: a year without a table is never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from ledger.errors import Refused

_DAY: Final = timedelta(days=1)
_TABLES: Final = "ledger.tenders.calendars"
_LAST_SECOND: Final = 253_402_300_799 - 2 * 86_400  # two days before the end of the year 9999
MAX_DAYS: Final = 3_650
"""The longest period that anybody counts here, in days of either kind."""


@dataclass(eq=False)
class CalendarUnknown(Refused):
    """Nobody has said which days of the year are working days."""

    year: int


@dataclass(eq=False)
class CalendarNameUnknown(Refused):
    """There is no calendar of that name."""

    calendar: str


@dataclass(eq=False)
class DaysOutOfRange(Refused):
    """Nobody counts so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class Year:
    """What differs from the week in one year: days off, and rest days that are worked."""

    off: frozenset[date]
    working: frozenset[date]


@dataclass(frozen=True, slots=True)
class Shown:
    """A moment as people read it: both RFC 3339, and the local day and clock apart.

    The end of a period is shown as 24:00 of its last day and not as 00:00 of the next.
    """

    local: str
    utc: str
    zone: str
    day: str
    clock: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of one place; `rest_days` by ISO 8601 number, Monday being 1."""

    name: str
    zone: ZoneInfo
    rest_days: frozenset[int]
    years: Mapping[int, Year]

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked; raise `CalendarUnknown` for a year without a table."""
        year = self.years.get(day.year)
        if year is None:
            raise CalendarUnknown(day.year)
        if day in year.working:
            return True
        return day not in year.off and day.isoweekday() not in self.rest_days

    def next_working(self, day: date) -> date:
        """Return `day`, or the first working day after it; raise `CalendarUnknown`."""
        while not self.is_working(day):
            day += _DAY
        return day

    def add_days(self, day: date, days: int) -> date:
        """Return the last day of a period of calendar days that begins on `day`.

        Raises:
            CalendarUnknown: when the last day, or the one it moves to, is in a year without table.
            DaysOutOfRange: for fewer than 0 or more than `MAX_DAYS`.
        """
        return self.next_working(_moved(day, days))

    def add_working_days(self, day: date, days: int) -> date:
        """Return the last day of a period of working days that begins on `day`; raise as above.

        Of no days it is `day` itself, worked or not.
        """
        _moved(day, days)
        for _ in range(days):
            day = self.next_working(day + _DAY)
        return day

    def before(self, deadline: date, days: int) -> date:
        """Return the last day that is still `days` days before a deadline; it never moves.

        What must come so long before the deadline may come until 24:00 of it (proposed). Raises
        `DaysOutOfRange` as above.
        """
        return _moved(deadline, -days, sign=-1)

    def day_of(self, at: int) -> date:
        """Return the local day of a moment in Unix seconds; raise `CalendarUnknown` beyond 9999."""
        return self._local(at).date()

    def start_of(self, day: date) -> int:
        """Return the first second of a local day, in Unix seconds."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def end_of(self, day: date) -> int:
        """Return 24:00 of a local day, the first second after it, in Unix seconds."""
        return self.start_of(day + _DAY)

    def same_time(self, at: int, day: date) -> int:
        """Return the moment on `day` at the local time of `at`, in Unix seconds."""
        clock = self._local(at).timetz().replace(tzinfo=None)
        return int(datetime.combine(day, clock, tzinfo=self.zone).timestamp())

    def shown(self, at: int, *, is_end: bool = False) -> Shown:
        """Return a moment in local time and in UTC; raise `CalendarUnknown` beyond 9999."""
        local = self._local(at)
        day, clock = local.date(), local.strftime("%H:%M:%S").removesuffix(":00")
        if is_end and clock == "00:00":
            day, clock = day - _DAY, "24:00"
        return Shown(
            local=local.isoformat(),
            utc=datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            zone=self.zone.key,
            day=day.isoformat(),
            clock=clock,
        )

    def _local(self, at: int) -> datetime:
        if not 0 <= at <= _LAST_SECOND:
            raise CalendarUnknown(1969 if at < 0 else 9999)
        return datetime.fromtimestamp(at, self.zone)


@cache
def calendar_of(name: str) -> Calendar:
    """Return a calendar of ours with all its years; raise `CalendarNameUnknown`."""
    tables = {each.name: each for each in files(_TABLES).iterdir() if each.name.endswith(".json")}
    if f"{name}.json" not in tables or "-" in name:
        raise CalendarNameUnknown(name)
    head = orjson.loads(tables[f"{name}.json"].read_bytes())
    read = [
        orjson.loads(table.read_bytes())
        for file, table in sorted(tables.items())
        if file.startswith(f"{name}-")
    ]
    years = {each["year"]: _year(each) for each in read}
    return Calendar(name, ZoneInfo(head["zone"]), frozenset(head["restDays"]), years)


def _year(table: Mapping[str, Any]) -> Year:
    off: set[date] = set()
    for first, last in table["off"]:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        off |= {date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)}
    return Year(frozenset(off), frozenset(map(date.fromisoformat, table["working"])))


def _moved(day: date, days: int, sign: int = 1) -> date:
    if not 0 <= days * sign <= MAX_DAYS:
        raise DaysOutOfRange(days * sign)
    return day + timedelta(days=days)
