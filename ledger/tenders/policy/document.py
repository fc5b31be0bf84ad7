"""The document of a policy: every number of a law on tenders, with the article that it is from.

It follows `policy.schema.json`; what the schema cannot say is checked here. Those that come with
the ledger are in `presets/`; whoever holds tenders under another law writes one like them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema_rs import Draft202012Validator

from ledger.canonical import parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders.calendar import Calendar, CalendarNameUnknown, calendar_of

MAX_BYTES: Final = 65_536
_PRESETS: Final = "ledger.tenders.policy.presets"
_WINDOWS: Final = ("list", "disclose", "release", "fallback")


@dataclass(eq=False)
class TenderPolicyInvalid(Refused):
    """The document is no policy of tenders: where, as a dotted path, and what is wrong there."""

    path: str
    reason: str


@dataclass(eq=False)
class TenderPresetUnknown(Refused):
    """No policy of that name comes with the ledger."""

    preset: str


@dataclass(eq=False)
class PeriodUnknown(Refused):
    """The policy says nothing of this period."""

    period: str


class Unit(StrEnum):
    """What a period is counted in."""

    CALENDAR = "calendar"
    WORKING = "working"


class End(StrEnum):
    """When on its last day a period ends.

    DAY: at 24:00 (民法典 art. 203). CLOCK: at the time of day at which it began, as the law's
    least times up to a deadline are read: who publishes on the 1st at 9:30 may open on the 21st
    at 9:30.
    """

    CLOCK = "clock"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Period:
    """A number of days of a law, and where it stands."""

    days: int
    unit: Unit
    end: End
    law: str


@dataclass(frozen=True, slots=True)
class WindowBounds:
    """The length of a window of the opening, in seconds: both bounds inside, and the usual."""

    least: int
    usual: int
    most: int


@dataclass(frozen=True, slots=True)
class Flags:
    """The choices of a policy, as ITenderLedger.Policy names them."""

    drops_stale_bids: bool
    takes_bids_while_suspended: bool
    needs_mailbox: bool
    needs_bond_authority: bool
    complaint_blocks_award: bool


@dataclass(frozen=True, slots=True)
class TenderPolicy:
    """A policy that was checked. Ratios of `bonds` are of the estimate, by "bid", "performance".

    `committee` is its least size, None where the law leaves it open. Periods and counts of steps
    that no ledger sees (documents on offer, prequalification, a question's lead) say what the law
    is: they are shown with the policy, and the audit names such periods as not judged.
    """

    name: str
    title: str
    calendar: Calendar
    moves_off_days: bool
    currency: str
    periods: Mapping[str, Period]
    windows: Mapping[str, WindowBounds]
    counts: Mapping[str, int]
    flags: Flags
    bonds: Mapping[str, Decimal]
    committee: int | None

    @property
    def replicas(self) -> int:
        """How many stores have to keep each sealed file; one where the policy says nothing.

        The contract sees no stores: this is no part of the policy's name.
        """
        return self.counts.get("replicas", 1)

    def period(self, name: str) -> Period:
        """Return the period; raise `PeriodUnknown` where the policy has none of that name."""
        found = self.periods.get(name)
        if found is None:
            raise PeriodUnknown(name)
        return found


def read_policy(encoded: bytes) -> TenderPolicy:
    """Return the policy in JSON text; raise `TenderPolicyInvalid` for anything else."""
    if len(encoded) > MAX_BYTES:
        raise TenderPolicyInvalid("", f"longer than {MAX_BYTES} bytes")
    try:
        document = parse_object(encoded)
    except LedgerError as exc:
        raise TenderPolicyInvalid("", "no JSON object") from exc
    for error in _validator().iter_errors(document):
        raise TenderPolicyInvalid(".".join(map(str, error.instance_path)), str(error.kind.name))
    _check_counts(document["counts"])
    _check_windows(document["windows"])
    return _policy(document)


@cache
def preset(name: str) -> TenderPolicy:
    """Return a policy that comes with the ledger; raise `TenderPresetUnknown`."""
    if name not in presets():
        raise TenderPresetUnknown(name)
    return read_policy(files(_PRESETS).joinpath(f"{name}.json").read_bytes())


@cache
def presets() -> tuple[str, ...]:
    """Return the names of the policies that come with the ledger, in order."""
    names = (each.name for each in files(_PRESETS).iterdir())
    return tuple(sorted(each.removesuffix(".json") for each in names if each.endswith(".json")))


@cache
def _validator() -> Draft202012Validator:
    text = files("ledger.tenders.policy").joinpath("policy.schema.json").read_text()
    return Draft202012Validator(json.loads(text))


def _check_counts(counts: Mapping[str, int]) -> None:
    if counts["threshold"] > counts["trustees"]:
        raise TenderPolicyInvalid("counts.threshold", "more than there are trustees")
    if counts["disclosed"] > counts["bids"]:
        raise TenderPolicyInvalid("counts.disclosed", "more than there are bids")


def _check_windows(windows: Mapping[str, Mapping[str, int]]) -> None:
    for name in _WINDOWS:
        bounds = windows[name]
        if not bounds["least"] <= bounds["usual"] <= bounds["most"]:
            raise TenderPolicyInvalid(f"windows.{name}", "out of order")


def _policy(document: Mapping[str, Any]) -> TenderPolicy:
    flags, committee = document["flags"], document["committee"]
    return TenderPolicy(
        name=document["name"],
        title=document["title"],
        calendar=_calendar(document["calendar"]),
        moves_off_days=document["movesOffDays"],
        currency=document["currency"],
        periods={name: _period(each) for name, each in document["periods"].items()},
        windows={name: WindowBounds(**each) for name, each in document["windows"].items()},
        counts=document["counts"],
        flags=Flags(
            drops_stale_bids=flags["dropsStaleBids"],
            takes_bids_while_suspended=flags["takesBidsWhileSuspended"],
            needs_mailbox=flags["needsMailbox"],
            needs_bond_authority=flags["needsBondAuthority"],
            complaint_blocks_award=flags["complaintBlocksAward"],
        ),
        bonds={name: Decimal(each["ratio"]) for name, each in document["bonds"].items()},
        committee=None if committee is None else committee["size"],
    )


def _period(told: Mapping[str, Any]) -> Period:
    return Period(told["days"], Unit(told["unit"]), End(told["end"]), told["law"])


def _calendar(name: str) -> Calendar:
    try:
        return calendar_of(name)
    except CalendarNameUnknown as exc:
        raise TenderPolicyInvalid("calendar", "no such calendar") from exc
