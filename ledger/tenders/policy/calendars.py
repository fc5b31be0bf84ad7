"""The calendar by which a tender's deadlines are read."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ledger.tenders.calendar import Calendar
from ledger.tenders.policy.document import preset, presets
from ledger.tenders.policy.terms import terms_of


def calendar_under(policy: bytes) -> Calendar | None:
    """Return the calendar of the policy with that id; None for one that does not come with us."""
    return _calendars().get(policy)


@cache
def _calendars() -> Mapping[bytes, Calendar]:
    found = (preset(name) for name in presets())
    return MappingProxyType({terms_of(each).id: each.calendar for each in found})
