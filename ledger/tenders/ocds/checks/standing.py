"""Standing: statuses as the contract's states give them, statistics as the bids add up."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.tenders.ocds.bids import count
from ledger.tenders.ocds.checks.finding import Fault, Finding, Known, member, objects, scalar
from ledger.tenders.ocds.states import AWARD_STATUS, CANCELLED, contract_status, tender_status


def check_standing(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Yield statuses that no lot's state gives, and statistics that the details do not."""
    given = member(release, "tender", "status")
    expected = tender_status(lot.state for lot in known.lots)
    if given is not None and given != expected:
        yield Finding(Fault.STATUS_DIFFERS, "/tender/status", str(given), expected)
    yield from _awards(release, known)
    yield from _contracts(release, known)
    yield from _statistics(release)


def _awards(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    possible = {AWARD_STATUS[lot.state] for lot in known.lots if lot.state in AWARD_STATUS}
    for place, award in objects(release, "awards"):
        status = scalar(award.get("status"))
        is_dropped = scalar(award.get("id")) in known.dropped_awards
        fitting = {CANCELLED} if is_dropped else possible
        if status not in fitting:
            expected = " or ".join(sorted(fitting)) or "no award"
            yield Finding(Fault.STATUS_DIFFERS, f"{place}/status", str(status), expected)


def _contracts(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    for place, contract in objects(release, "contracts"):
        is_signed = contract.get("dateSigned") is not None
        possible = {contract_status(lot.state, is_signed=is_signed) for lot in known.lots}
        status = scalar(contract.get("status"))
        if status not in possible:
            expected = " or ".join(sorted(possible))
            yield Finding(Fault.STATUS_DIFFERS, f"{place}/status", str(status), expected)


def _statistics(release: Mapping[str, Any]) -> Iterator[Finding]:
    counted = count([each for _, each in objects(release, "bids", "details")])
    for place, statistic in objects(release, "bids", "statistics"):
        expected = counted.get(str(statistic.get("measure")))
        if expected is not None and statistic.get("value") != expected:
            given = str(statistic.get("value"))
            yield Finding(Fault.STATISTICS_DIFFER, f"{place}/value", given, str(expected))
    given_number = member(release, "tender", "numberOfTenderers")
    if given_number is not None and given_number != counted["bidders"]:
        place, expected_number = "/tender/numberOfTenderers", str(counted["bidders"])
        yield Finding(Fault.STATISTICS_DIFFER, place, str(given_number), expected_number)
