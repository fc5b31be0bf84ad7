"""Bids in a release: those of opened lots alone, and what they add up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from ledger.tenders.ocds.facts import BidFacts, BidOutcome, OrganisationFacts, TenderFacts
from ledger.tenders.ocds.parts import Json, documents, filled, moment, references, value
from ledger.tenders.ocds.states import BID_STATUS

READ_OUT: Final = frozenset({BidOutcome.OPENED, BidOutcome.VALID, BidOutcome.REJECTED})
MEASURES: Final[Mapping[str, str]] = {
    "validBids": "valid",
    "disqualifiedBids": "disqualified",
    "withdrawnBids": "withdrawn",
}
"""Measures that count the bids of one status; `bids` counts all, `bidders` organisations."""


def public_bids(facts: TenderFacts) -> tuple[BidFacts, ...]:
    """Return the bids that may be shown: whoever bids is nobody's business before the opening."""
    opened = {lot.number for lot in facts.lots if lot.is_opened}
    return tuple(bid for bid in facts.bids if bid.lot in opened)


def tenderers_of(bids: Sequence[BidFacts]) -> list[str]:
    """Return the organisations whose bids were read out, each once."""
    return list(
        dict.fromkeys(id_ for bid in bids if bid.outcome in READ_OUT for id_ in bid.tenderers)
    )


def bids_section(
    bids: Sequence[BidFacts], known: Mapping[str, OrganisationFacts], at: int
) -> Json | None:
    """Return the `bids` of a release, or None where there are none to show."""
    if not bids:
        return None
    details = [_detail(bid, known) for bid in bids]
    return {"statistics": statistics(details, moment(at)), "details": details}


def statistics(details: Sequence[Mapping[str, object]], date: str) -> list[Json]:
    """Return what the bids of a release add up to; a check compares it with the details."""
    counted = count(details)
    return [
        {"id": measure, "measure": measure, "value": number, "date": date}
        for measure, number in counted.items()
    ]


def count(details: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Return every measure of `bidStatistic.csv` over bids as JSON."""
    statuses = Counter(str(detail.get("status")) for detail in details)
    ids = {id_ for detail in details for id_ in _organisations(detail)}
    by_status = {measure: statuses[status] for measure, status in MEASURES.items()}
    return {"bids": len(details), **by_status, "bidders": len(ids)}


def _organisations(detail: Mapping[str, object]) -> list[str]:
    found = detail.get("tenderers")
    if not isinstance(found, list):
        return []
    return [str(each.get("id")) for each in found if isinstance(each, dict)]


def _detail(bid: BidFacts, known: Mapping[str, OrganisationFacts]) -> Json:
    is_read_out = bid.outcome in READ_OUT
    return filled(
        {
            "id": bid.id,
            "date": moment(bid.at),
            "status": BID_STATUS[bid.outcome],
            "tenderers": references(bid.tenderers, known) if is_read_out else None,
            "value": value(bid.value) if is_read_out else None,
            "documents": documents(bid.documents),
            "relatedLots": [str(bid.lot)],
        }
    )
