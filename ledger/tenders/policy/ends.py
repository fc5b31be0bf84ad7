"""Legal ends: when a policy's period is over, by the calendar of the place.

The contract counts seconds and knows no holidays; where they lengthen a period, the later end is
what goes on chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.tenders.calendar import Shown
from ledger.tenders.errors import PolicyViolated, Rule
from ledger.tenders.policy.document import End, Period, TenderPolicy, Unit
from ledger.tenders.policy.terms import DAY

WINDOWS: Final = ("list", "disclose", "release", "fallback")
_RULES: Final = {name: Rule[f"{name.upper()}_WINDOW"] for name in WINDOWS}


@dataclass(frozen=True, slots=True)
class LegalEnd:
    """When a period is over: the first second outside it, shown to people, and the law."""

    at: int
    shown: Shown
    law: str


@dataclass(frozen=True, slots=True)
class Ends:
    """ITenderLedger.Ends, in Unix seconds; of part 2 `list_end` is when its disclosure begins."""

    submit_end: int
    list_end: int
    disclose_end: int
    release_end: int
    fallback_end: int


def legal_end(policy: TenderPolicy, period: str, start: int) -> LegalEnd:
    """Return when the period is over that began at `start`, in Unix seconds.

    Raises:
        PeriodUnknown: where the policy has no such period.
        CalendarUnknown: where the calendar says nothing of the days it needs.
    """
    found = policy.period(period)
    calendar = policy.calendar
    last = _last_day(policy, found, calendar.day_of(start))
    if found.end is End.DAY:
        at = calendar.end_of(last)
    else:
        at = max(calendar.same_time(start, last), start + found.days * DAY)
    return LegalEnd(at, calendar.shown(at, is_end=found.end is End.DAY), found.law)


def legal_lead(policy: TenderPolicy, period: str, deadline: int) -> LegalEnd:
    """Return until when something may come that must come so long before `deadline`.

    It is 24:00 of the day so many days before; raises as `legal_end`.
    """
    found = policy.period(period)
    calendar = policy.calendar
    at = calendar.end_of(calendar.before(calendar.day_of(deadline), found.days))
    return LegalEnd(at, calendar.shown(at, is_end=True), found.law)


def usual_ends(policy: TenderPolicy, submit_end: int, *, mailbox: bool) -> Ends:
    """Return the ends of the windows that usually follow a deadline; without mailbox no listing."""
    usual = {name: policy.windows[name].usual for name in WINDOWS}
    list_end = submit_end + (usual["list"] if mailbox else 0)
    disclose_end = list_end + usual["disclose"]
    release_end = disclose_end + usual["release"]
    return Ends(submit_end, list_end, disclose_end, release_end, release_end + usual["fallback"])


def check_submission(policy: TenderPolicy, published_at: int, submit_end: int) -> None:
    """Raise `PolicyViolated` where bidders have less time than the law gives; as `legal_end`."""
    required = legal_end(policy, "submission", published_at).at
    if submit_end < required:
        raise PolicyViolated(Rule.SUBMISSION, required, submit_end)


def check_amendment(policy: TenderPolicy, amended_at: int, submit_end: int) -> None:
    """Raise `PolicyViolated` where an amendment that affects bids comes too late; as `legal_end`.

    A policy without such a period lets amendments come at any time.
    """
    if "amendment" not in policy.periods:
        return
    required = legal_end(policy, "amendment", amended_at).at
    if submit_end < required:
        raise PolicyViolated(Rule.AMENDMENT, required, submit_end)


def check_notice(policy: TenderPolicy, notice_at: int, notice_end: int) -> None:
    """Raise `PolicyViolated` where the notice of candidates is too short; as `legal_end`."""
    if "notice" not in policy.periods:
        return
    required = legal_end(policy, "notice", notice_at).at
    if notice_end < required:
        raise PolicyViolated(Rule.NOTICE, required, notice_end)


def check_windows(policy: TenderPolicy, ends: Ends, *, mailbox: bool) -> None:
    """Raise `PolicyViolated` for a window of the opening outside the policy's bounds."""
    for name, length in lengths(ends).items():
        if name == "list" and not mailbox:
            if length != 0:
                raise PolicyViolated(Rule.LIST_WINDOW, 0, length)
            continue
        bounds = policy.windows[name]
        if length < bounds.least:
            raise PolicyViolated(_RULES[name], bounds.least, length)
        if length > bounds.most:
            raise PolicyViolated(_RULES[name], bounds.most, length)


def lengths(ends: Ends) -> Mapping[str, int]:
    """Return the lengths of the windows, in seconds, by name."""
    return {
        "list": ends.list_end - ends.submit_end,
        "disclose": ends.disclose_end - ends.list_end,
        "release": ends.release_end - ends.disclose_end,
        "fallback": ends.fallback_end - ends.release_end,
    }


def _last_day(policy: TenderPolicy, period: Period, first: date) -> date:
    if period.unit is Unit.WORKING:
        return policy.calendar.add_working_days(first, period.days)
    if policy.moves_off_days:
        return policy.calendar.add_days(first, period.days)
    return first + timedelta(days=period.days)
