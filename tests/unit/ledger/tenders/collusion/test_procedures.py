"""What indicators look at, as a tender's events and papers tell it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ledger.tenders import events
from ledger.tenders.collusion.flags import Code
from ledger.tenders.collusion.procedures import Told, indicators, papers_named, procedures_of
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.ocds.readings import organisation
from tests.support.papered_story import NAMES, PaperedStory, awarded
from tests.support.tender_story import address

ROOT = b"\x07" * 32


def told(story: PaperedStory, papers: dict[bytes, bytes] | None = None, **given: Any) -> Told:
    found = story.papers if papers is None else papers
    (only,) = procedures_of(story.events, found, given.get("anchored", {}))
    return only


def gaps(of: Told) -> dict[Code, str]:
    return {code: gap.reason for gap in of.unlooked for code in gap.codes}


@pytest.fixture
def story() -> PaperedStory:
    return awarded(PaperedStory())


class TestProcedures:
    def test_are_told_by_chain_record_report_and_documents(self, story: PaperedStory) -> None:
        found = told(story).procedure
        assert found.id == f"0x{story.id.hex()}/0"
        assert found.buyer == "0x" + story.announcement.agency.hex()
        assert (found.published_at, found.deadline) == (
            story.state.published_at,
            story.ends.submit_end,
        )
        assert {bid.id for bid in found.bids} == {address(name) for name in NAMES}
        ann = next(bid for bid in found.bids if bid.id == address("Ann"))
        assert ann.tenderers == (organisation("9144000000000Ann", "").id,)
        assert (ann.price, ann.is_rejected) == ("900000.00", False)
        assert ann.at is not None
        assert ann.at < found.deadline
        assert found.winner == story.state.lot(0).course.winner
        assert not found.is_price_only
        assert set(gaps(told(story))) == {Code.R048}

    def test_need_the_papers_that_they_name(self, story: PaperedStory) -> None:
        named = papers_named(story.events)
        assert set(named) <= story.papers.keys()
        docs, record, report = named
        for digest in (record, report):
            papers = {key: paper for key, paper in story.papers.items() if key != digest}
            found = told(story, papers)
            assert (found.has_papers, found.procedure.bids) == (False, ())
            assert digest.hex() in gaps(found)[Code.R018]
        papers = {key: paper for key, paper in story.papers.items() if key != docs}
        assert set(gaps(told(story, papers))) == {Code.R048, Code.R036}

    def test_of_no_award_say_nothing_of_its_winner(self, story: PaperedStory) -> None:
        story.events = [each for each in story.events if not isinstance(each, events.Awarded)]
        assert gaps(told(story))[Code.R035] == "nothing is awarded"

    def test_of_no_opening_are_none(self) -> None:
        story = PaperedStory()
        story.play()
        assert list(procedures_of(story.events, story.papers, {})) == []

    def test_of_no_publication_are_refused(self) -> None:
        with pytest.raises(TenderUnknown):
            list(procedures_of([], {}, {}))

    def test_take_a_listed_bid_by_the_time_of_its_mailbox(self, story: PaperedStory) -> None:
        winner = story.state.lot(0).course.winner
        story.events = [
            replace(each, root=ROOT)
            if isinstance(each, events.BidSubmitted) and each.bidder == winner
            else each
            for each in story.events
        ]
        assert Code.R030 in gaps(told(story))
        late = told(story, anchored={ROOT: story.ends.submit_end})
        assert Code.R030 in {each.code for each in indicators(late, [])[0]}
        early = told(story, anchored={ROOT: story.ends.submit_end - 1})
        assert Code.R030 not in {each.code for each in indicators(early, [])[0]}


class TestIndicators:
    def others(self, own: Told, second: Sequence[str]) -> list[Told]:
        """Lots of the same buyer, whose second prices these are; the first is 100."""
        made = []
        for number, price in enumerate(second):
            first, other = own.procedure.bids[:2]
            bids = (replace(first, price="100"), replace(other, price=price))
            changed = replace(own.procedure, id=f"0x{number}", bids=bids, winner=first.id)
            made.append(replace(own, procedure=changed, unlooked=()))
        return made

    def test_compare_a_lot_with_its_buyers_history(self, story: PaperedStory) -> None:
        own = told(story)
        bids = (
            replace(own.procedure.bids[0], price="100"),
            replace(own.procedure.bids[1], price="190"),
        )
        own = replace(own, procedure=replace(own.procedure, bids=bids, winner=bids[0].id))
        others = self.others(own, ["105", "106", "107", "104", "105", "106", "105", "104", "300"])
        flags, unlooked = indicators(own, others)
        (high,) = [each for each in flags if each.code is Code.R058]
        assert high.evidence[0]["procedure"] == own.procedure.id
        assert set(gaps(own)) == {code for gap in unlooked for code in gap.codes}

    def test_name_a_history_that_is_too_short_or_lacks_papers(self, story: PaperedStory) -> None:
        own = told(story)
        lacking = told(story, {})
        flags, unlooked = indicators(own, [lacking])
        assert flags == ()
        reasons = [gap.reason for gap in unlooked if Code.R058 in gap.codes]
        assert any("not at hand" in each for each in reasons)
        assert any(each.startswith("1 lots of the buyer") for each in reasons)
