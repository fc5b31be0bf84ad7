"""A story whose documents, opening record, sheets and report exist, as publications need them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ledger.tenders import documents, events
from ledger.tenders.committee import Statement, report, report_digest
from ledger.tenders.committee_paper import CommitteePaper
from ledger.tenders.draw_course import rounds_of
from ledger.tenders.draw_papers import write_deals
from ledger.tenders.evaluation import Sheet, read_criteria, scores, sheet_digest, write_sheet
from ledger.tenders.history import published
from ledger.tenders.ocds.facts import OrganisationFacts
from ledger.tenders.ocds.readings import organisation
from ledger.tenders.ocds.story import Sources
from ledger.tenders.opening_record import Findings, OpenedBid, record
from ledger.tenders.personal import Personal
from ledger.tenders.reporting import criteria_for
from ledger.tenders.trustees import ledger_json
from ledger.values import Address
from tests.support.drawn_committee import draw_told, drawn_committee
from tests.support.sealed_bids import CREATED, document_content
from tests.support.tender_story import Story, address

BUYER: OrganisationFacts = organisation("91440000SAMPLE001A", "样例采购中心")
AWARDS = Address("0x00000000000000000000000000000000000000BB")
CRITERIA: dict[str, Any] = {
    "points": [{"id": "plan", "most": "60"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}
CEILING = {"amount": "1000000.00", "currency": "CNY"}
POINTS = {"Ann": "40", "Bo": "50", "Cai": "55", "Dee": "30", "Eli": "20"}
NAMES = ("Ann", "Cai", "Dee")
SALT = b"\x05" * 16


class PaperedStory(Story):
    """A story with its papers, by their SHA-256; `flags` are those of each bid that opens."""

    flags: tuple[str, ...] = ()
    requirements: tuple[dict[str, Any], ...] = ()
    co_signers: Mapping[str, Any] | None = None

    personal: tuple[Personal, ...] = ()

    def __init__(self, number: str = "GZ-2026-0001", **given: Any) -> None:
        super().__init__(**given)
        self.number = number
        self.papers: dict[bytes, bytes] = {}
        self.on: Callable[[Sequence[Any], Any], None] | None = None
        self.happened: Callable[[], Sequence[Any]] = lambda: self.events
        self._played = 0
        self.sheets: dict[int, bytes] = {}
        first = self.events[1]
        assert isinstance(first, events.TenderPublished)
        self.announcement = replace(self.announcement, docs=self.keep(self.manifest_of(1)))
        self.events[1] = replace(first, announcement=self.announcement)
        self.state = published(self.events[1], {self.terms.id: self.terms})

    def play(self) -> None:
        """Tell a chain, where there is one, what happened since the last time."""
        fresh = self.events[self._played :]
        self._played = len(self.events)
        if self.on is not None and fresh:
            self.on(fresh, self.state)
            self.at(self.now + 1)

    def do(self, act: Callable[..., object], *given: Any) -> None:
        act(*given)
        self.play()

    def keep(self, paper: bytes) -> bytes:
        digest = hashlib.sha256(paper).digest()
        self.papers[digest] = paper
        return digest

    def manifest_of(self, version: int) -> bytes:
        told = self.announcement
        seats = len(told.trustees) // told.parts
        return documents.write(
            document_content(told.parts, told.threshold, seats)
            | {
                "version": version,
                "ledger": ledger_json(self.ledger),
                "tender": "0x" + self.id.hex(),
                "agency": "0x" + told.agency.hex(),
                "number": self.number,
                "lots": [{"lot": n, "title": f"第 {n + 1} 标段"} for n in range(told.lots)],
                "criteria": CRITERIA,
                "ceiling": CEILING,
                "requirements": list(self.requirements),
                "trustees": [
                    {
                        "part": 1 + spot // seats,
                        "index": 1 + spot % seats,
                        "key": each.key,
                        "group": "0x" + each.group.hex(),
                        "name": f"Trustee {spot + 1}",
                    }
                    for spot, each in enumerate(told.trustees)
                ],
                "created": CREATED,
            }
            | ({} if self.co_signers is None else {"coSigners": dict(self.co_signers)})
        )

    def amend_papers(self, later: int = 0, *, affects_bids: bool = False) -> None:
        self.amend(later, affects_bids=affects_bids)
        last = self.events[-1]
        assert isinstance(last, events.TenderAmended)
        docs = self.keep(self.manifest_of(last.version))
        self.events[-1] = replace(last, docs=docs)
        self.state = replace(self.state, docs=(*self.state.docs[:-1], docs))

    def read_out(self, names: Sequence[str], lot: int = 0) -> Findings:
        """Write the opening record of bids that were opened, and anchor it."""
        bids = self.state.lot(lot).bids
        opened = {
            bidder: OpenedBid(self.manifest(name, lot, bids[bidder].version), self.flags)
            for name in names
            for bidder in [address(name)]
        }
        found = Findings(opened, {}, CEILING)
        encoded = record(self.happened(), self.id, (lot, self.part), found)
        self.record(len(opened), lot, digest=self.keep(encoded))
        return found

    def draw(self, lot: int = 0) -> CommitteePaper:
        """Draw the committee of the present part, step by step."""
        drawn = rounds_of(self.events[2:]).get(lot, ())
        paper = drawn_committee(self.id, lot, round=len(drawn) + 1)
        self.keep(paper.drawing.to_bytes())
        self.keep(write_deals(paper.deals, paper.acknowledged))
        for kind, values in draw_told(paper, self.part):
            self.do(self.tell, kind, *values)
        return paper

    def evaluate(self, names: Sequence[str], lot: int = 0) -> list[str]:
        """Let five experts give the same points; return the names by rank."""
        self.do(self.committee, 5, lot, self.keep(self.draw(lot).to_bytes()))
        given = {address(name): {"plan": Decimal(POINTS.get(name, "10"))} for name in names}
        for seat in range(1, 6):
            sheet = write_sheet(Sheet(seat, given), SALT)
            self.sheets[seat] = sheet
            self.keep(sheet)
            self.do(self.score, seat, lot, sheet_digest(sheet))
        prices = {address(n): Decimal(self.prices.get(n, "900000.00")) for n in names}
        criteria = criteria_for(read_criteria(CRITERIA), self.part, self.announcement.parts)
        ranked = scores(criteria, [Sheet(1, given)], prices)
        made = report(ranked, (), self.statements, 5)
        self.keep(made)
        by_address = {address(name): name for name in names}
        order = [by_address[each.bidder] for each in ranked][:3]
        is_last = self.part == self.announcement.parts
        self.do(self.report, order if is_last else [], lot, report_digest(made))
        return order

    @property
    def statements(self) -> tuple[Statement, ...]:
        return (Statement(1), Statement(2, "报价偏低，建议核实"))

    def sources(self, papers: dict[bytes, bytes] | None = None) -> Sources:
        found = self.papers if papers is None else papers
        return Sources(self.ledger, AWARDS, BUYER, found, "https://tenders.example/papers")


def whole(told: PaperedStory, names: Sequence[str] = NAMES) -> PaperedStory:
    """From publication to the contract: three or more opened, one withdrawn, one silent."""
    awarded(told, names)
    told.do(told.contract)
    return told


def awarded(told: PaperedStory, names: Sequence[str] = NAMES) -> PaperedStory:
    """From publication to the award."""
    told.play()
    for name in (*names, "Bo", "Eli"):
        told.do(told.submit, name)
    told.do(told.withdraw, "Bo")
    told.at(max(told.now, told.ends.list_end))
    for name in names:
        told.do(told.disclose, name)
    told.at(told.ends.disclose_end)
    for index in (1, 3, 5):
        told.do(told.release, index)
    told.do(told.read_out, names)
    order = told.evaluate(names)
    told.do(told.notice, told.now + 4 * 86_400)
    told.at(told.state.lot(0).course.notice_end)
    told.do(told.award, order[0])
    return told
