"""What validators of OCDS do not see: a release held against the ledger, the files and itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Refused
from ledger.tenders.ocds.checks.amounts import check_amounts
from ledger.tenders.ocds.checks.evidence import check_evidence
from ledger.tenders.ocds.checks.finding import Finding, Known
from ledger.tenders.ocds.checks.links import check_links
from ledger.tenders.ocds.checks.sealed import check_sealed
from ledger.tenders.ocds.checks.standing import check_standing
from ledger.tenders.ocds.checks.times import check_times

Check = Callable[[Mapping[str, Any], Known], Iterator[Finding]]
CHECKS: Final[tuple[Check, ...]] = (
    check_times,
    check_links,
    check_amounts,
    check_standing,
    check_evidence,
    check_sealed,
)


@dataclass(eq=False)
class PublicationRefused(Refused):
    """The release says what is not so, or what is not public yet; it is not published."""

    findings: tuple[Finding, ...]


def check_release(release: Mapping[str, Any], known: Known) -> tuple[Finding, ...]:
    """Return everything that is wrong with a release; it may be a stranger's, nothing raises."""
    return tuple(finding for check in CHECKS for finding in check(release, known))


def require_publishable(release: Mapping[str, Any], known: Known) -> None:
    """Raise `PublicationRefused` unless `check_release` finds nothing."""
    found = check_release(release, known)
    if found:
        raise PublicationRefused(found)
