"""Links: every organisation, bid and award that is named is there; a tag has its content."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.tenders.ocds.checks.finding import (
    Fault,
    Finding,
    Known,
    member,
    nodes,
    objects,
    scalar,
    texts,
)

ONE: Final = ("buyer", "procuringEntity", "payer", "payee")
MANY: Final = ("suppliers", "tenderers")
CONTENT: Final[Mapping[str, tuple[str, ...]]] = {
    "planning": ("planning",),
    "tender": ("tender",),
    "tenderUpdate": ("tender",),
    "tenderAmendment": ("tender", "amendments"),
    "tenderCancellation": ("tender",),
    "award": ("awards",),
    "awardUpdate": ("awards",),
    "awardCancellation": ("awards",),
    "contract": ("contracts",),
    "contractUpdate": ("contracts",),
    "contractAmendment": ("contracts",),
    "contractTermination": ("contracts",),
}
"""What a release of a tag must have, as a path of names."""


def check_links(release: Mapping[str, Any], _: Known) -> Iterator[Finding]:
    """Yield organisations, bids and awards that are named and not there, and empty tags."""
    yield from _organisations(release)
    yield from _bids(release)
    yield from _awards(release)
    for place, tag in texts(release, "tag"):
        path = CONTENT.get(tag, ())
        if path and not member(release, *path):
            yield Finding(Fault.TAG_WITHOUT_CONTENT, place, tag, "/" + "/".join(path))


def _organisations(release: Mapping[str, Any]) -> Iterator[Finding]:
    parties = {scalar(each.get("id")) for _, each in objects(release, "parties")}
    for place, node in nodes(release):
        named = [(f"{place}/{name}", node.get(name)) for name in ONE]
        for name in MANY:
            named += [(place + at, each) for at, each in objects(node, name)]
        for at, each in named:
            id_ = member(each, "id")
            if isinstance(each, Mapping) and scalar(id_) not in parties:
                yield Finding(Fault.ORGANISATION_DANGLING, at, str(id_))


def _bids(release: Mapping[str, Any]) -> Iterator[Finding]:
    bids = {scalar(each.get("id")) for _, each in objects(release, "bids", "details")}
    for place, award in objects(release, "awards"):
        for at, id_ in texts(award, "relatedBids"):
            if id_ not in bids:
                yield Finding(Fault.BID_DANGLING, place + at, id_)


def _awards(release: Mapping[str, Any]) -> Iterator[Finding]:
    awards = {scalar(each.get("id")) for _, each in objects(release, "awards")}
    for place, contract in objects(release, "contracts"):
        if scalar(contract.get("awardID")) not in awards:
            given = str(contract.get("awardID"))
            yield Finding(Fault.AWARD_DANGLING, f"{place}/awardID", given)
