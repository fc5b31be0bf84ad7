"""How gates' counts are told: by gates, and by the service of their agency."""

from collections.abc import Iterable
from typing import Any, Final

from ledger.health.scan_counts import CountedHour, ScanCount
from ledger.verification.check import rfc3339
from wallet.console import print_table

SCAN_COUNTS: Final = "/v1/health/scan-counts"
_COLUMNS: Final = ("hour", "port", "outcome", "reason", "people")


def told_count(count: ScanCount) -> dict[str, Any]:
    """Return a count as the service takes it."""
    reason = None if count.reason is None else count.reason.value
    return {"outcome": count.outcome.value, "reason": reason, "people": count.people}


def told_counts(port: str, hours: Iterable[CountedHour]) -> list[dict[str, Any]]:
    """Return the counts of a gate at a port, one entry each, as --json has them."""
    return [
        {"hour": rfc3339(each.hour), "port": port} | told_count(count)
        for each in hours
        for count in each.counts
    ]


def show_counts(told: Iterable[dict[str, Any]]) -> None:
    """Print counts as a table."""
    rows = (["" if each[name] is None else each[name] for name in _COLUMNS] for each in told)
    print_table([name.upper() for name in _COLUMNS], rows)
