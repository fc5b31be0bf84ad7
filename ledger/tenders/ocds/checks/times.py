"""Times: ends after starts, steps in their order, the deadline the ledger's own."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from ledger.tenders.ocds.checks.finding import (
    Fault,
    Finding,
    Known,
    member,
    nodes,
    objects,
    seconds,
)


def check_times(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Yield periods that end first, steps out of order, and a deadline that is not in force."""
    yield from _periods(release)
    yield from _order(release)
    given = member(release, "tender", "tenderPeriod", "endDate")
    if given is not None and seconds(given) != known.submission_end:
        place = "/tender/tenderPeriod/endDate"
        yield Finding(Fault.DEADLINE_DIFFERS, place, str(given), str(known.submission_end))


def _periods(release: Mapping[str, Any]) -> Iterator[Finding]:
    for place, node in nodes(release):
        start, end = seconds(node.get("startDate")), seconds(node.get("endDate"))
        if start is not None and end is not None and end < start:
            given = f"{node['startDate']}..{node['endDate']}"
            yield Finding(Fault.PERIOD_REVERSED, place, given)


def _order(release: Mapping[str, Any]) -> Iterator[Finding]:
    """Deadline, opening, award, contract, release: each no earlier than the one before."""
    steps = [
        ("/tender/tenderPeriod/endDate", member(release, "tender", "tenderPeriod", "endDate")),
        ("/tender/bidOpening/date", member(release, "tender", "bidOpening", "date")),
        _earliest(release, "awards", "date"),
        _earliest(release, "contracts", "dateSigned"),
    ]
    told = [(place, text, at) for place, text in steps if (at := seconds(text)) is not None]
    for before, after in pairwise(told):
        if after[2] < before[2]:
            yield Finding(Fault.DATES_UNORDERED, after[0], after[1], f">= {before[1]}")
    released = seconds(release.get("date"))
    for place, text, at in told[1:]:  # the deadline alone may lie ahead
        if released is not None and at > released:
            yield Finding(Fault.DATES_UNORDERED, place, text, f"<= {release['date']}")


def _earliest(release: Mapping[str, Any], name: str, date: str) -> tuple[str, Any]:
    """Return the place and text of the earliest such date, or an empty place and None."""
    found = [
        (at, f"{place}/{date}", each[date])
        for place, each in objects(release, name)
        if (at := seconds(each.get(date))) is not None
    ]
    return min(found)[1:] if found else ("", None)
