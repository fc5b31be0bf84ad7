"""Silence: who bids, and how many, stays unsaid until the opening (招标投标法 art. 22)."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.tenders.ocds.checks.finding import Fault, Finding, Known, member, objects, texts


def check_sealed(release: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Yield whatever tells of bids before the opening of their lot, or of any lot."""
    opened = {str(lot.number) for lot in known.lots if lot.is_opened}
    for place, bid in objects(release, "bids", "details"):
        lots = {lot for _, lot in texts(bid, "relatedLots")}
        if not lots or not lots <= opened:
            yield Finding(Fault.BIDDERS_EARLY, place, str(bid.get("id")))
    if not opened:
        yield from _early(release)


def _early(release: Mapping[str, Any]) -> Iterator[Finding]:
    for path in (("bids",), ("tender", "tenderers"), ("tender", "numberOfTenderers")):
        if member(release, *path) is not None:
            yield Finding(Fault.BIDDERS_EARLY, "/" + "/".join(path), path[-1])
    for place, party in objects(release, "parties"):
        if {"tenderer", "supplier"} & {role for _, role in texts(party, "roles")}:
            yield Finding(Fault.BIDDERS_EARLY, place, str(party.get("id")))
