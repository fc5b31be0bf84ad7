"""Amounts: one currency, and no award over the ceiling."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.tenders.ocds.checks.finding import Fault, Finding, Known, amount, member, nodes, objects


def check_amounts(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Yield other currencies than the policy's, and awards above the tender's value."""
    for place, node in nodes(release):
        if "currency" in node and node["currency"] != known.currency:
            given = str(node["currency"])
            yield Finding(Fault.CURRENCY_MIXED, f"{place}/currency", given, known.currency)
    ceiling = amount(member(release, "tender", "value", "amount"))
    for place, award in objects(release, "awards"):
        given_amount = amount(member(award, "value", "amount"))
        if ceiling is not None and given_amount is not None and given_amount > ceiling:
            at = f"{place}/value/amount"
            yield Finding(Fault.AWARD_OVER_CEILING, at, str(given_amount), str(ceiling))
