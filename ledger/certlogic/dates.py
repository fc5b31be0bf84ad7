"""Dates of CertLogic: instants in milliseconds, read as ISO 8601, reckoned as JavaScript does."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from ledger.errors import Refused

TimeUnit = Literal["year", "month", "day", "hour"]
UNITS: Final = ("year", "month", "day", "hour")


class InstantMalformed(Refused):
    """The text is no date or date-time of CertLogic."""  # which text, may be personal


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment in milliseconds since 1970-01-01 UTC; neither truthy nor falsy to a rule."""

    milliseconds: int

    def __str__(self) -> str:
        """`YYYY-MM-DDThh:mm:ss.sssZ`."""
        moment = _EPOCH + timedelta(milliseconds=self.milliseconds)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> Instant:
    """Return the moment that `text` names; raise `InstantMalformed` for what is none.

    `YYYY`, `YYYY-MM` (their last day), `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm:ss[.f…][zone]` with zone
    `Z`, `±h`, `±hh`, `±hmm`, `±hhmm`, `±h:mm` or `±hh:mm`, UTC without; fractions are cut to
    milliseconds. A day that the calendar lacks is malformed.
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return birth_date(text)
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return _of(moment - _offset(found), int((found["fraction"] or "").ljust(3, "0")[:3]))
    except (ValueError, OverflowError) as exc:
        raise InstantMalformed from exc


def birth_date(text: str) -> Instant:
    """Return midnight UTC of the date `YYYY[-MM[-DD]]`, a partial one's last day."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise InstantMalformed
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        month = month if found["month"] else 12
        day = day if found["day"] else calendar.monthrange(year, month)[1]
        return _of(datetime(year, month, day, tzinfo=UTC))
    except (ValueError, OverflowError) as exc:
        raise InstantMalformed from exc


def plus(moment: Instant, amount: int, unit: TimeUnit) -> Instant:
    """Return `moment` moved by `amount` units; raise `InstantMalformed` beyond the years 1 to 9999.

    A month that lacks the day runs over into the next: 31 January and one month is 3 March.
    """
    if amount == 0:
        return moment
    try:
        if unit in ("day", "hour"):
            return _of(_EPOCH + timedelta(milliseconds=moment.milliseconds, **{f"{unit}s": amount}))
        return _months_later(moment, amount * (12 if unit == "year" else 1))
    except (ValueError, OverflowError) as exc:
        raise InstantMalformed from exc


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MAX_OFFSET: Final = (23, 59)
_DATE: Final = re.compile(r"(\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?",
    re.ASCII,
)


def _of(moment: datetime, milliseconds: int = 0) -> Instant:
    return Instant((moment - _EPOCH) // _MILLISECOND + milliseconds)


def _offset(found: re.Match[str]) -> timedelta:
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    if hours > _MAX_OFFSET[0] or minutes > _MAX_OFFSET[1]:
        raise ValueError
    ahead = timedelta(hours=hours, minutes=minutes)
    return -ahead if found["sign"] == "-" else ahead


def _months_later(moment: Instant, months: int) -> Instant:
    """Set year and month, then count days from the first, as `Date.setUTCMonth` does."""
    was = _EPOCH + timedelta(milliseconds=moment.milliseconds)
    year, month = divmod(was.year * 12 + was.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    return _of(datetime.combine(first, was.timetz()) + timedelta(days=was.day - 1))
