"""Where a lot stands, by stories that the statute books and the references tell."""

from dataclasses import replace

import pytest

from ledger.tenders.admission import docs_version, require_disclosure, require_listing
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidRejected,
    BidVersionStale,
    DocumentsOutdated,
    EndNotLater,
    LotUnknown,
    NotDisclosed,
    OpeningInProgress,
    PartUnknown,
    PolicyViolated,
    TenderNotOpen,
    TenderSuspended,
    TenderUnknown,
    TooFewBids,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import Phase, Stage
from ledger.tenders.history import TenderPolicyUnknown, tenders_of
from ledger.tenders.phases import effective_ends, is_suspended, lot_phase_at, phase_at
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import BidState
from ledger.tenders.transitions import Step, require_step
from tests.support.tender_story import DAY, START, ZERO, Story, Where, address

THREE = ("Ann", "Bo", "Cai")


def story(names: tuple[str, ...] = THREE, *, lots: int = 1, parts: int = 1) -> Story:
    told = Story(lots=lots, parts=parts)
    for lot in range(lots):
        for name in names:
            told.submit(name, lot)
    return told


def phases(told: Story, part: int = 1, lot: int = 0) -> list[Phase]:
    """The phase at the first second of each window, and at the last second of the one before."""
    ends = told.state.ends[part]
    moments = (ends.submit_end, ends.list_end, ends.disclose_end, ends.release_end)
    return [
        phase_at(told.state, lot, part, at)
        for end in (*moments, ends.fallback_end)
        for at in (end - 1, end)
    ]


class TestByTime:
    def test_nobody_does_anything(self) -> None:
        assert phases(story(())) == [
            Phase.RECEIVING,
            Phase.LISTING,
            Phase.LISTING,
            *[Phase.FAILED_FEW] * 7,
        ]

    def test_three_bid_and_none_discloses(self) -> None:
        assert phases(story())[2:6] == [
            Phase.LISTING,
            Phase.DISCLOSURE,
            Phase.DISCLOSURE,
            Phase.FAILED_FEW,
        ]

    def test_two_bids_are_too_few(self) -> None:
        told = story(("Ann", "Bo"))
        ends = told.ends
        assert phase_at(told.state, 0, 1, ends.list_end) is Phase.FAILED_FEW
        told.at(ends.list_end)
        with pytest.raises(TooFewBids) as refused:
            told.disclose("Ann")
        assert (refused.value.count, refused.value.minimum) == (2, 3)

    def test_all_disclose_and_three_trustees_release(self) -> None:
        told = story()
        told.open(THREE)
        assert phase_at(told.state, 0, 1, told.now) is Phase.OPENED
        told.record(3)
        assert lot_phase_at(told.state, 0, told.ends.fallback_end) is Phase.OPENED

    def test_trustees_short_of_the_threshold_then_bidders(self) -> None:
        told = story()
        told.open(THREE, trustees=(1, 2))
        ends = told.ends
        assert phase_at(told.state, 0, 1, ends.release_end - 1) is Phase.RELEASE
        assert phase_at(told.state, 0, 1, ends.fallback_end) is Phase.NOT_OPENED
        told.at(ends.release_end)
        assert phase_at(told.state, 0, 1, told.now) is Phase.FALLBACK
        told.recover("Bo")
        assert phase_at(told.state, 0, 1, ends.fallback_end) is Phase.OPENED
        with pytest.raises(TenderNotOpen):
            told.record(1)
        told.at(ends.fallback_end).record(1)

    def test_a_record_of_nothing_is_an_exit(self) -> None:
        told = story()
        told.open(THREE)
        told.at(told.ends.fallback_end).record(0)
        assert phase_at(told.state, 0, 1, told.now) is Phase.NOT_OPENED

    def test_lots_fail_apart(self) -> None:
        told = story(("Ann", "Bo"), lots=2)
        told.submit("Cai", 1)
        at = told.ends.list_end
        found = [phase_at(told.state, lot, 1, at) for lot in (0, 1)]
        assert found == [Phase.FAILED_FEW, Phase.DISCLOSURE]
        with pytest.raises(LotUnknown):
            phase_at(told.state, 2, 1, at)


class TestArrivals:
    def test_the_closing_second_is_too_late(self) -> None:
        told = story()
        end = told.ends.submit_end
        told.at(end - 1).submit("Dee")
        told.at(end)
        with pytest.raises(BidLate) as refused:
            told.submit("Eli")
        assert (refused.value.deadline, refused.value.block_time) == (end, end)
        with pytest.raises(BidLate):
            told.withdraw("Ann")

    def test_versions_only_rise(self) -> None:
        told = story()
        told.submit("Ann", version=2)
        with pytest.raises(BidVersionStale) as refused:
            told.submit("Ann", version=2)
        assert (refused.value.current, refused.value.given) == (2, 2)
        told.withdraw("Ann", version=3)
        with pytest.raises(BidVersionStale):
            told.submit("Ann", version=3)
        assert told.state.lot(0).bids[address("Ann")].state is BidState.WITHDRAWN
        told.submit("Ann", version=4)
        assert len(told.state.live(0)) == 3

    def test_listing_from_the_mailbox(self) -> None:
        told, bidder = story(), address("Dee")
        end, list_end = told.ends.submit_end, told.ends.list_end
        require_listing(told.state, 0, bidder, 1, (end - 1, end))
        with pytest.raises(BidLate):
            require_listing(told.state, 0, bidder, 1, (end, end))
        with pytest.raises(WindowNotOpen):
            require_listing(told.state, 0, bidder, 1, (end - 2, end - 1))
        with pytest.raises(WindowClosed):
            require_listing(told.state, 0, bidder, 1, (end - 1, list_end))

    def test_amended_documents(self) -> None:
        told = story()
        before = told.state.docs[0]
        told.amend()
        assert docs_version(told.state, told.state.docs[1], is_listed=False) == 2
        assert docs_version(told.state, before, is_listed=True) == 1
        assert docs_version(told.state, before, is_listed=False) == 1
        for is_listed in (False, True):
            with pytest.raises(DocumentsOutdated) as refused:
                docs_version(told.state, ZERO, is_listed=is_listed)
            assert refused.value.current == told.state.docs[1]

    @pytest.mark.parametrize("drops", [False, True])
    def test_documents_amended_in_a_way_that_affects_bids(self, *, drops: bool) -> None:
        told = Story(replace(terms_of(preset("cn")), drops_stale_bids=drops))
        told.amend(affects_bids=True)
        told.amend()
        first, second, _ = told.state.docs
        assert docs_version(told.state, second, is_listed=False) == 2
        with pytest.raises(DocumentsOutdated):
            docs_version(told.state, first, is_listed=False)
        if drops:
            with pytest.raises(DocumentsOutdated):
                docs_version(told.state, first, is_listed=True)
        else:
            assert docs_version(told.state, first, is_listed=True) == 1

    def test_an_addendum_that_affects_bids_wants_fifteen_days(self) -> None:
        told = story().at(START + 7 * DAY)
        with pytest.raises(PolicyViolated) as refused:
            told.amend(affects_bids=True)
        assert refused.value.required - refused.value.given == DAY
        told.amend(later=DAY, affects_bids=True)
        with pytest.raises(EndNotLater):
            told.amend(later=-1)

    def test_stale_bids_are_kept_or_dropped(self) -> None:
        for drops, live in ((False, 3), (True, 0)):
            terms = replace(terms_of(preset("cn")), drops_stale_bids=drops)
            told = Story(terms)
            for name in THREE:
                told.submit(name)
            told.amend(affects_bids=True)
            assert len(told.state.live(0)) == live
            told.submit("Ann", version=2)
            assert len(told.state.live(0)) == (3 if not drops else 1)
        told.submit("Bo", version=2)
        told.submit("Cai", version=2)
        told.submit("Dee")
        told.amend(later=30 * DAY, affects_bids=True)
        for name in THREE:
            told.submit(name, version=3)
        told.at(told.ends.list_end)
        with pytest.raises(DocumentsOutdated):
            told.disclose("Dee")


class TestOpening:
    def test_windows_of_secrets(self) -> None:
        told = story()
        ends = told.at(told.ends.list_end - 1).ends
        with pytest.raises(WindowNotOpen) as refused:
            told.disclose("Ann")
        assert refused.value.opens_at == ends.list_end
        told.at(ends.list_end).disclose("Ann")
        with pytest.raises(AlreadyDone):
            told.disclose("Ann")
        with pytest.raises(NotDisclosed):
            told.disclose("Dee")
        with pytest.raises(WindowNotOpen):
            told.release(1)
        told.at(ends.disclose_end)
        with pytest.raises(WindowClosed) as closed:
            told.disclose("Bo")
        assert closed.value.closed_at == ends.disclose_end
        told.release(1)
        with pytest.raises(AlreadyDone):
            told.release(1)
        with pytest.raises(WindowNotOpen):
            told.recover("Ann")
        told.at(ends.release_end)
        with pytest.raises(NotDisclosed):
            told.recover("Bo")
        told.recover("Ann")
        with pytest.raises(AlreadyDone):
            told.recover("Ann")
        told.at(ends.fallback_end)
        with pytest.raises(WindowClosed):
            told.release(2)

    def test_no_trustee_speaks_where_nothing_can_open(self) -> None:
        told = Story(replace(terms_of(preset("cn")), min_disclosed=2), lots=2)
        for name in THREE:
            told.submit(name, 1)
        told.at(told.ends.list_end)
        told.disclose("Ann", 1)
        told.at(told.ends.disclose_end)
        with pytest.raises(TooFewBids) as refused:
            told.release(1)
        assert (refused.value.count, refused.value.minimum) == (1, 2)

    def test_an_opened_part_lets_a_bad_share_be_mended_at_once(self) -> None:
        told = story()
        told.open(THREE)
        told.recover("Ann")
        told.record(3)
        with pytest.raises(AlreadyDone):
            told.record(3)

    def test_more_cannot_open_than_disclosed_and_fewer_only_at_the_end(self) -> None:
        told = story()
        told.open(("Ann", "Bo"))
        with pytest.raises(PolicyViolated):
            told.record(3)
        with pytest.raises(WindowNotOpen):
            told.record(1)
        told.at(told.ends.fallback_end).record(1)

    def test_there_is_no_third_part(self) -> None:
        told = story()
        told.at(told.ends.list_end)
        for part in (0, 2):
            with pytest.raises(PartUnknown):
                require_disclosure(told.state, 0, part, address("Ann"), told.now)


class TestSuspension:
    def test_the_clock_stands_and_ends_move(self) -> None:
        told = story().at(START + DAY)
        ends = told.ends
        told.suspend()
        assert is_suspended(told.state)
        assert phase_at(told.state, 0, 1, ends.fallback_end + 1) is Phase.RECEIVING
        shown = effective_ends(told.state, 1, told.now + 5)
        assert shown is not None
        assert shown.submit_end == ends.submit_end + 5
        told.at(ends.submit_end + DAY).submit("Dee")  # the policy takes bids meanwhile
        told.resume()
        moved = told.ends
        assert moved.submit_end == ends.submit_end + told.now - (START + DAY)
        assert moved.fallback_end - ends.fallback_end == moved.submit_end - ends.submit_end

    def test_a_passed_end_never_moves(self) -> None:
        told = story()
        ends = told.at(told.ends.submit_end).ends
        told.suspend()
        told.at(told.now + 100).resume()
        assert told.ends.submit_end == ends.submit_end
        assert told.ends.list_end == ends.list_end + 100

    def test_a_policy_that_takes_no_bids_meanwhile(self) -> None:
        told = Story(replace(terms_of(preset("cn")), takes_bids_while_suspended=False))
        told.suspend()
        with pytest.raises(TenderSuspended) as refused:
            told.submit("Ann")
        assert refused.value.since == told.now

    def test_nothing_else_moves_while_it_stands(self) -> None:
        told = story()
        told.at(told.ends.list_end).suspend()
        with pytest.raises(TenderSuspended):
            told.disclose("Ann")

    def test_an_opening_once_begun_runs_out(self) -> None:
        told = story()
        told.open(THREE, trustees=(1,))
        with pytest.raises(OpeningInProgress) as refused:
            told.suspend()
        assert refused.value.part == 1
        told.at(told.ends.fallback_end)
        with pytest.raises(TenderNotOpen):
            told.suspend()  # from now on lot by lot

    def test_two_grounds(self) -> None:
        told = story().at(START + DAY)
        told.object_(b"\x0a" * 32, Stage.DOCUMENTS, "Ann")
        told.at(told.now + 10).suspend()
        told.at(told.now + 10).resume(b"\x0a" * 32)
        assert told.state.suspension.since == START + DAY
        told.at(told.now + 10).resume()
        assert not is_suspended(told.state)


class TestTwoParts:
    def told(self) -> Story:
        told = story(("Ann", "Bo", "Cai", "Dee"), parts=2)
        told.open(("Ann", "Bo", "Cai", "Dee"))
        told.record(4)
        told.committee()
        for seat in range(1, 6):
            told.score(seat)
        return told

    def test_a_rejected_bids_price_is_never_readable(self) -> None:
        told = self.told()
        told.report(["Dee"])
        assert phase_at(told.state, 0, 2, told.now) is Phase.WAITING
        told.at(told.ends.fallback_end).schedule(told.now + 100)
        assert phase_at(told.state, 0, 2, told.now) is Phase.WAITING
        told.at(told.ends.list_end)
        assert lot_phase_at(told.state, 0, told.now) is Phase.DISCLOSURE
        with pytest.raises(BidRejected) as refused:
            told.disclose("Dee")
        assert refused.value.bidder == address("Dee")
        told.open(THREE)
        told.record(3)
        assert lot_phase_at(told.state, 0, told.now) is Phase.OPENED
        told.committee()
        assert lot_phase_at(told.state, 0, told.now) is Phase.COMMITTED

    def test_who_stayed_sealed_in_part_1_stays_so(self) -> None:
        told = story(("Ann", "Bo", "Cai", "Dee"), parts=2)
        told.open(THREE)
        told.record(3)
        told.at(told.ends.fallback_end).schedule(told.now)
        with pytest.raises(NotDisclosed):
            told.disclose("Dee")

    def test_the_notice_is_of_the_last_part(self) -> None:
        told = self.told()
        told.report(["Dee"])
        with pytest.raises(Exception, match="does not allow the step"):
            require_step(told.state, 0, Step.NOTICE, told.now)
        assert require_step(told.state, 0, Step.REJECT, told.now).target is Phase.EVALUATED


class TestTendersOf:
    def test_events_alone_rebuild_the_state(self) -> None:
        told = story()
        told.open(THREE)
        told.record(3)
        assert tenders_of(told.events) == {told.id: told.state}

    def test_two_tenders_are_apart(self) -> None:
        one, other = Story(), Story(where=Where("GZ-2026-0002"))
        one.submit("Ann")
        found = tenders_of([*one.events, *other.events])
        assert found == {one.id: one.state, other.id: other.state}

    def test_events_of_what_was_never_published(self) -> None:
        told = story()
        with pytest.raises(TenderUnknown):
            tenders_of([told.events[0], *told.events[2:]])
        with pytest.raises(TenderPolicyUnknown):
            tenders_of(told.events[1:])
