"""Dates on licences and the moments they mean: local days of +08:00, the last one included."""

import re
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import lru_cache
from typing import Any, Final

from ledger.errors import Refused

OPEN_ENDED: Final = "长期"
"""The `valid_until` of a licence without an end."""
SECONDS_PER_DAY: Final = 86_400

_OFFSET: Final = 8 * 3_600  # the mainland, Hong Kong and Macau keep one time, all year round
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(eq=False)
class DateMalformed(Refused):
    """The text is not a date of the form YYYY-MM-DD."""


@dataclass(eq=False)
class DatesReversed(Refused):
    """The validity ends before it starts."""

    valid_from: str
    valid_until: str


@lru_cache(maxsize=4_096)
def parse_date(text: str) -> date:
    """Return the day in `text`; raise `DateMalformed` for any spelling but YYYY-MM-DD.

    The calendar's first day is refused: its midnight here lies before the year 1 in UTC.
    A licence names seven dates, most licences name the same ones, and nothing else is kept.
    """
    if not _DATE.fullmatch(text):
        raise DateMalformed
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise DateMalformed from exc
    if day == date.min:
        raise DateMalformed
    return day


def starts_at(day: str) -> int:
    """Return the first second of a local day, in Unix seconds."""
    return _midnight(parse_date(day).toordinal())


def ends_at(day: str) -> int | None:
    """Return the second after a local day's last one, or None for `OPEN_ENDED`."""
    return None if day == OPEN_ENDED else _midnight(parse_date(day).toordinal() + 1)


@lru_cache(maxsize=4_096)
def validity(valid_from: str, valid_until: str) -> tuple[int, int | None]:
    """Return `nbf` and `exp` of a licence; it is valid when `nbf <= at < exp`.

    Kept as the dates are: each licence is asked twice.

    Raises:
        DateMalformed: for a day that is none.
        DatesReversed: when the last day lies before the first.
    """
    nbf, exp = starts_at(valid_from), ends_at(valid_until)
    if exp is not None and exp <= nbf:
        raise DatesReversed(valid_from, valid_until)
    return nbf, exp


def last_day(first: str, years: int | None) -> str:
    """Return the last day of so many years from the day `first`; `OPEN_ENDED` for None.

    A term from 29 February ends with the February of a year that has no such day. Raises
    `DateMalformed` for a day that is none, and for a term beyond the year 9999.
    """
    if years is None:
        return OPEN_ENDED
    start = parse_date(first)
    year = start.year + years
    if year > MAXYEAR:
        raise DateMalformed
    is_missing = (start.month, start.day) == (2, 29) and not isleap(year)
    anniversary = date(year, 3, 1) if is_missing else start.replace(year=year)
    return date.fromordinal(anniversary.toordinal() - 1).isoformat()


def chosen_days(fields: Mapping[str, Any], years: int | None, at: int) -> tuple[str, str, str]:
    """Return the days of issue, first and last validity; what `fields` leave out follows from `at`.

    Raises `DateMalformed` as `last_day`.
    """
    issued = fields.get("issue_date") or local_day(at)
    first = fields.get("valid_from") or issued
    return issued, first, fields.get("valid_until") or last_day(first, years)


def local_day(at: int) -> str:
    """Return the local day of a moment in Unix seconds, as YYYY-MM-DD."""
    return date.fromordinal((at + _OFFSET) // SECONDS_PER_DAY + _EPOCH).isoformat()


def _midnight(ordinal: int) -> int:
    return (ordinal - _EPOCH) * SECONDS_PER_DAY - _OFFSET
