"""What is public of a tender follows from its events and papers, change by change."""

from contextlib import suppress
from dataclasses import replace

import pytest

from ledger.errors import LedgerError
from ledger.events import AgencyAdmitted, AgencyRenamed
from ledger.tenders import events
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.evaluation import sheet_digest
from ledger.tenders.events import Outcome, Phase, Stage
from ledger.tenders.history import HistoryBroken
from ledger.tenders.ids import TenderId
from ledger.tenders.ocds.checks import check_release, require_publishable
from ledger.tenders.ocds.facts import BidOutcome, Change, LotState
from ledger.tenders.ocds.readings import RecordUnreadable
from ledger.tenders.ocds.releases import release
from ledger.tenders.ocds.story import PaperMissing, Told, digests_in, told
from tests.support.ocds import PUBLICATION
from tests.support.papered_story import BUYER, NAMES, PaperedStory, whole
from tests.support.tender_story import AGENCY, DAY, JURISDICTION, address


def changes(story: PaperedStory) -> tuple[Told, ...]:
    return told(story.events, story.id, story.sources())


def last(story: PaperedStory) -> Told:
    return changes(story)[-1]


class TestNames:
    """An agency may be called otherwise later; what was released does not change."""

    def test_each_release_has_the_name_of_its_time(self) -> None:
        story = whole(PaperedStory())
        award = next(each for each in story.events if isinstance(each, events.Awarded))
        first = story.events[1].place
        names: list[AgencyAdmitted | AgencyRenamed] = [
            AgencyAdmitted(replace(first, block=0), AGENCY, JURISDICTION, "CODE", "Old Office"),
            AgencyRenamed(replace(award.place, log_index=7), AGENCY, "New Office"),
        ]
        sources = replace(story.sources(), names=names)
        found = told(story.events, story.id, sources)
        called = [each.facts.organisations[0].name for each in found]
        assert called == ["Old Office"] * 5 + ["New Office"]
        assert {each.facts.buyer for each in found} == {story.sources().buyer.id}

    def test_without_any_the_buyers_stands(self) -> None:
        found = changes(whole(PaperedStory()))
        assert {each.facts.organisations[0].name for each in found} == {BUYER.name}


class TestTold:
    def test_each_public_change_has_one_picture_that_may_be_published(self) -> None:
        found = changes(whole(PaperedStory()))
        assert [each.facts.change for each in found] == [
            *(Change.PUBLISHED, Change.OPENED, Change.REPORTED),
            *(Change.NOTICED, Change.AWARDED, Change.CONTRACTED),
        ]
        for each in found:
            require_publishable(release(each.facts, PUBLICATION), each.known)

    def test_nobody_is_named_before_the_opening_is_recorded(self) -> None:
        story = PaperedStory()
        for name in ("Ann", "Bo", "Cai"):
            story.submit(name)
        story.amend_papers(DAY)
        story.open(("Ann", "Bo", "Cai"))
        for each in changes(story):
            text = str(release(each.facts, PUBLICATION)).lower()
            assert each.facts.bids == ()
            assert "示例" not in text
            assert not [name for name in ("Ann", "Bo", "Cai") if address(name).lower() in text]
        story.read_out(("Ann", "Bo", "Cai"))
        assert len(last(story).facts.bids) == 3

    def test_bids_become_what_opening_and_report_say(self) -> None:
        found = {each.facts.change: each.facts for each in changes(whole(PaperedStory()))}
        outcomes = {each.id: each.outcome for each in found[Change.OPENED].bids}
        named = {name: f"bid-0-{address(name).lower()}" for name in ("Ann", "Bo", "Cai", "Eli")}
        assert outcomes[named["Ann"]] is BidOutcome.OPENED
        assert outcomes[named["Bo"]] is BidOutcome.WITHDRAWN
        assert outcomes[named["Eli"]] is BidOutcome.UNDISCLOSED
        judged = {each.id: each.outcome for each in found[Change.REPORTED].bids}
        assert judged[named["Ann"]] is BidOutcome.VALID
        assert found[Change.OPENED].ceiling is not None
        (award,) = found[Change.AWARDED].awards
        assert award.bids == (named["Cai"],)
        assert found[Change.CONTRACTED].lots[0].state is LotState.CONTRACTED

    def test_standing_still_is_told_with_its_end(self) -> None:
        story = PaperedStory()
        story.suspend()
        (running,) = last(story).facts.suspensions
        assert running.end is None
        story.at(story.now + DAY).resume()
        now = last(story)
        (over,) = now.facts.suspensions
        assert over.end == running.start + DAY
        assert now.facts.submission.end == story.announcement.ends.submit_end + DAY
        assert not check_release(release(now.facts, PUBLICATION), now.known)

    def test_an_objection_to_the_result_holds_the_lot_alone(self) -> None:
        story = PaperedStory()
        for name in ("Ann", "Cai", "Dee"):
            story.submit(name)
        story.open(("Ann", "Cai", "Dee"))
        story.read_out(("Ann", "Cai", "Dee"))
        story.evaluate(("Ann", "Cai", "Dee"))
        story.notice(story.now + 4 * DAY)
        story.object_(b"\x0a" * 32, Stage.RESULT, "Dee")
        story.at(story.now + DAY).answer(b"\x0a" * 32, Outcome.DISMISSED)
        told_ = [each.facts.change for each in changes(story)]
        assert told_[-2:] == [Change.SUSPENDED, Change.RESUMED]
        assert last(story).facts.suspensions[0].id == "lot-0-1"

    def test_each_lot_stands_still_for_itself(self) -> None:
        story = PaperedStory(lots=11)
        story.tell(events.LotHeld, 10, b"\x0a" * 32, b"\x15" * 32)
        story.tell(events.LotHeld, 1, b"\x0b" * 32, b"\x15" * 32)
        story.at(story.now + DAY).tell(events.LotResumed, 1, DAY)
        assert {each.id: each.end for each in last(story).facts.suspensions} == {
            "lot-10-1": None,
            "lot-1-2": story.now,
        }

    def test_a_review_takes_the_award_back_and_the_next_notice_brings_another(self) -> None:
        story = PaperedStory()
        for name in NAMES:
            story.submit(name)
        story.open(NAMES)
        story.read_out(NAMES)
        story.evaluate(NAMES)
        story.notice(story.now + 4 * DAY)
        story.tell(events.ReviewOrdered, 0, b"\x20" * 32)
        reviewed = last(story)
        made = release(reviewed.facts, PUBLICATION)
        assert [each["status"] for each in made["awards"]] == ["cancelled"]
        assert not check_release(made, reviewed.known)
        for seat, sheet in story.sheets.items():
            story.score(seat, digest=sheet_digest(sheet))
        story.report(["Ann"], digest=story.state.lot(0).course.report)
        story.notice(story.now + 4 * DAY)
        again = release(last(story).facts, PUBLICATION)
        assert [(each["id"], each["status"]) for each in again["awards"]] == [
            ("award-0", "cancelled"),
            ("award-0-2", "pending"),
        ]
        assert not check_release(again, last(story).known)

    def test_an_amendment_brings_its_documents(self) -> None:
        story = PaperedStory()
        story.amend_papers(20 * DAY, affects_bids=True)
        now = last(story).facts
        assert [each.id for each in now.amendments] == ["2"]
        assert [each.id for each in now.documents] == ["docs-1", "docs-2"]

    def test_too_few_fail_without_a_name(self) -> None:
        story = PaperedStory()
        story.submit("Ann")
        story.at(story.ends.list_end)
        story.tell(events.LotFailed, 0, 1, Phase.FAILED_FEW, 1, 0)
        now = last(story)
        assert now.facts.change is Change.FAILED
        assert "bids" not in release(now.facts, PUBLICATION)


class TestPapers:
    def test_nothing_is_told_without_the_papers(self) -> None:
        story = whole(PaperedStory())
        for digest in (story.announcement.docs, story.state.lots[0].openings[1].digest):
            fewer = {name: each for name, each in story.papers.items() if name != digest}
            with pytest.raises(PaperMissing) as missing:
                told(story.events, story.id, story.sources(fewer))
            assert missing.value.sha256 == digest

    def test_a_record_that_nobody_can_read(self) -> None:
        story = whole(PaperedStory())
        digest = story.state.lots[0].openings[1].digest
        for garbage in (b"{", b"{}", b'{"bids":[{}],"notOpened":[],"ceiling":null}'):
            with pytest.raises(RecordUnreadable):
                told(story.events, story.id, story.sources({**story.papers, digest: garbage}))

    def test_a_tender_that_nobody_published(self) -> None:
        story = PaperedStory()
        with pytest.raises(TenderUnknown):
            told(story.events, TenderId(bytes(32)), story.sources())

    @pytest.mark.parametrize("missing", [events.ReportRecorded, events.NoticePublished])
    def test_of_a_gap_nothing_is_told(self, missing: type) -> None:
        """Events out of a bundle may lack a block; whoever reads them is told, and not crashed."""
        story = whole(PaperedStory())
        gappy = [each for each in story.events if not isinstance(each, missing)]
        with pytest.raises(HistoryBroken):
            told(gappy, story.id, story.sources())

    def test_no_missing_event_is_a_defect_of_ours(self) -> None:
        story = whole(PaperedStory())
        for number in range(len(story.events)):
            with suppress(LedgerError):
                told(story.events[:number] + story.events[number + 1 :], story.id, story.sources())

    def test_digests_are_those_of_public_papers(self) -> None:
        story = whole(PaperedStory())
        found = digests_in(story.events, story.id)
        assert story.announcement.docs in found
        assert story.state.lots[0].openings[1].digest in found
        assert len(found) == 6
