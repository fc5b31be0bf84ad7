"""What became of bids, awards and contracts, event by event, as publications tell of it."""

from collections.abc import Mapping
from dataclasses import replace

from ledger.canonical import JsonMalformed, parse_object
from ledger.tenders import events
from ledger.tenders.events import TenderEvent
from ledger.tenders.ocds.facts import (
    AwardFacts,
    BidFacts,
    ContractFacts,
    Money,
    OrganisationFacts,
)
from ledger.tenders.ocds.readings import Reading, Row, bid_facts, bid_id, joined, judged
from ledger.tenders.state import TenderState
from ledger.values import Address


class Outcomes:
    """Bids as opening records tell them, and what the committee and the buyer made of them."""

    def __init__(self) -> None:
        self._arrived: dict[tuple[int, Address], int] = {}
        self._rows: dict[int, dict[Address, Row]] = {}
        self._rejected: dict[int, frozenset[Address]] = {}
        self._awards: dict[int, list[AwardFacts]] = {}
        self._contracts: list[ContractFacts] = []
        self.ceiling: Money | None = None

    def take(
        self,
        event: TenderEvent,
        state: TenderState,
        reading: Reading | None,
        report: bytes | None,
    ) -> None:
        """Take an event in; `reading` is of an opening record, `report` a report's bytes."""
        match event:
            case events.BidSubmitted() | events.BidWithdrawn():
                self._arrived[event.lot, event.bidder] = event.place.block_time
            case events.OpeningRecorded() if reading is not None and event.opened:
                self._open(event, reading)
            case events.ReportRecorded() | events.AllRejected() if report is not None:
                self._rejected[event.lot] = _rejected_in(report)
            case events.NoticePublished():
                winner = state.lot(event.lot).course.candidates[0]
                self._awards.setdefault(event.lot, []).append(self._award(event, winner))
            case events.Awarded():
                self._awards[event.lot][-1] = self._award(event, event.winner)
            case events.ReviewOrdered() if event.lot in self._awards:
                last = self._awards[event.lot]
                last[-1] = replace(last[-1], is_dropped=True)
            case events.Contracted():
                self._contracts.append(self._contract(event))
            case _:
                return

    def organisations(self) -> tuple[OrganisationFacts, ...]:
        """Return the organisations that were read out, each once."""
        rows = (row for lot in self._rows.values() for row in lot.values())
        found = {row.organisation.id: row.organisation for row in rows if row.organisation}
        return tuple(found.values())

    def bids(self, state: TenderState) -> tuple[BidFacts, ...]:
        """Return the bids of lots whose opening is recorded."""
        return tuple(
            bid_facts(
                lot,
                bidder,
                row,
                judged(row, bidder, state.lot(lot).course, self._rejected.get(lot, frozenset())),
                self._arrived.get((lot, bidder), 0),
            )
            for lot, rows in self._rows.items()
            for bidder, row in rows.items()
        )

    def awards(self, titles: Mapping[int, str]) -> tuple[AwardFacts, ...]:
        """Return the awards, those that a review took back among them."""
        return tuple(
            replace(each, title=titles.get(lot, each.title))
            for lot, found in self._awards.items()
            for each in found
        )

    def contracts(self, titles: Mapping[int, str]) -> tuple[ContractFacts, ...]:
        """Return the contracts."""
        lots = {each.id: lot for lot, found in self._awards.items() for each in found}
        return tuple(
            replace(each, title=titles.get(lots[each.award], each.title))
            for each in self._contracts
        )

    def _open(self, event: events.OpeningRecorded, reading: Reading) -> None:
        rows = self._rows.setdefault(event.lot, {})
        for bidder, row in reading.rows.items():
            rows[bidder] = joined(rows.get(bidder), row)
        self.ceiling = reading.ceiling or self.ceiling

    def _award(self, event: events.NoticePublished | events.Awarded, winner: Address) -> AwardFacts:
        lot = event.lot
        row = self._rows.get(lot, {}).get(winner)
        before = self._awards.get(lot, [])
        is_new = isinstance(event, events.NoticePublished)
        number = len(before) + is_new
        return AwardFacts(
            id=f"award-{lot}" if number == 1 else f"award-{lot}-{number}",
            lot=lot,
            title=str(lot),
            at=event.place.block_time if is_new else before[-1].at,
            value=None if row is None else row.value,
            suppliers=() if row is None or row.organisation is None else (row.organisation.id,),
            bids=() if row is None else (bid_id(lot, winner),),
        )

    def _contract(self, event: events.Contracted) -> ContractFacts:
        award = self._awards[event.lot][-1]
        return ContractFacts(
            id=f"contract-{event.lot}",
            award=award.id,
            title=award.title,
            value=award.value,
            signed_at=event.place.block_time,
        )


def _rejected_in(report: bytes) -> frozenset[Address]:
    """The bids that a report rejects; none where it is no report that anybody can read."""
    try:
        listed = parse_object(report).get("rejected")
    except JsonMalformed:
        return frozenset()
    if not isinstance(listed, list):
        return frozenset()
    named = (each.get("bidder") for each in listed if isinstance(each, dict))
    return frozenset(Address(each) for each in named if isinstance(each, str))
