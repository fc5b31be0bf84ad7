"""When objections and complaints may come."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.tenders.contract_errors import (
    BidMissing,
    NotSuspended,
    ObjectionAlreadyLodged,
    ObjectionClosed,
    ObjectionUnknown,
    OutcomeInvalid,
    StageInvalid,
)
from ledger.tenders.errors import (
    ObjectionFirst,
    ObjectionOpen,
    TenderNotOpen,
    TenderSuspended,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import Outcome, Stage
from ledger.tenders.objections import (
    objection_id,
    require_first,
    require_liftable,
    require_live_key,
    require_new,
    require_objected,
    require_shown,
    require_timely,
)
from tests.support.officer_rules import require_answer
from tests.support.tender_story import DAY, NOBODY, ZERO, Story, address

THREE = ("Ann", "Bo", "Cai")


def story() -> Story:
    told = Story()
    for name in THREE:
        told.submit(name)
    return told


def opened() -> Story:
    told = story()
    told.open(THREE)
    return told


def noticed() -> Story:
    told = opened()
    told.record(3)
    to_notice(told)
    return told


def to_notice(told: Story) -> None:
    """A committee where there is none, all its scores, its report and a notice of three days."""
    if not told.state.lot(0).course.seats:
        told.committee()
    for seat in range(1, 6):
        told.score(seat)
    told.report(["Bo"])
    told.notice(told.now + 3 * DAY)


class TestTimely:
    def test_documents_until_so_long_before_the_deadline(self) -> None:
        told = story()
        closes = told.ends.submit_end - told.terms.objection_lead
        require_timely(told.state, 0, Stage.DOCUMENTS, closes - 1)
        with pytest.raises(WindowClosed) as refused:
            require_timely(told.state, 0, Stage.DOCUMENTS, closes)
        assert refused.value.closed_at == closes

    def test_the_opening_on_the_spot(self) -> None:
        told = opened()
        require_timely(told.state, 0, Stage.OPENING, told.now)
        told.record(3)
        end = told.ends.fallback_end
        require_timely(told.state, 0, Stage.OPENING, end - 1)
        with pytest.raises(WindowClosed):
            require_timely(told.state, 0, Stage.OPENING, end)

    def test_an_opening_recorded_late_for_the_policys_least_time(self) -> None:
        told = opened()
        told.at(told.ends.fallback_end + DAY)
        told.record(3)
        end = told.now + told.terms.fallback.least
        require_timely(told.state, 0, Stage.OPENING, end - 1)
        with pytest.raises(WindowClosed) as refused:
            require_timely(told.state, 0, Stage.OPENING, end)
        assert refused.value.closed_at == end

    def test_an_opening_although_the_buyer_went_on_at_once(self) -> None:
        told = opened()
        told.record(3)
        told.committee()
        require_timely(told.state, 0, Stage.OPENING, told.now)
        told.void()
        with pytest.raises(TenderNotOpen):
            require_timely(told.state, 0, Stage.OPENING, told.now)

    def test_an_opening_although_the_buyer_holds_the_lot_by_another_objection(self) -> None:
        told = opened()
        told.record(3)
        to_notice(told)
        told.admit(Stage.RESULT)
        require_timely(told.state, 0, Stage.OPENING, told.now)
        with pytest.raises(TenderSuspended):
            require_timely(told.state, 0, Stage.RESULT, told.now)

    def test_an_opening_of_which_the_record_says_that_nothing_opened(self) -> None:
        told = opened()
        told.at(told.ends.fallback_end)
        told.record(0)
        require_timely(told.state, 0, Stage.OPENING, told.now)

    def test_a_second_part_waits_until_nobody_objects_to_the_first(self) -> None:
        told = Story(parts=2)
        for name in THREE:
            told.submit(name)
        told.open(THREE)
        told.record(3)
        end = told.ends.fallback_end
        told.at(end - 1)
        with pytest.raises(WindowNotOpen) as refused:
            told.schedule(end + DAY)
        assert refused.value.opens_at == end
        require_timely(told.state, 0, Stage.OPENING, told.now)
        told.at(end).schedule(end + DAY)
        assert told.state.current_part == 2

    def test_a_second_part_waits_longest_for_the_lot_recorded_last(self) -> None:
        told = Story(lots=2, parts=2)
        for lot in (0, 1):
            for name in THREE:
                told.submit(name, lot)
        told.open(THREE)
        told.record(3)
        told.at(told.ends.fallback_end + DAY)
        end = told.now + told.terms.fallback.least
        recorded = told.state.lot(0).openings[1]
        late = replace(recorded, place=replace(recorded.place, block_time=told.now))
        lots = (told.state.lot(0), replace(told.state.lot(1), openings={1: late}))
        state = replace(told.state, lots=lots)
        require_shown(state, end)
        with pytest.raises(WindowNotOpen):
            require_shown(state, end - 1)

    def test_the_result_inside_its_notice(self) -> None:
        told = opened()
        told.record(3)
        with pytest.raises(TenderNotOpen):
            require_timely(told.state, 0, Stage.RESULT, told.now)
        to_notice(told)
        require_timely(told.state, 0, Stage.RESULT, told.now + 3 * DAY - 1)
        with pytest.raises(WindowClosed):
            require_timely(told.state, 0, Stage.RESULT, told.now + 3 * DAY)

    def test_nobody_objects_to_anything_else_or_while_it_stands_still(self) -> None:
        told = story()
        with pytest.raises(StageInvalid):
            require_timely(told.state, 0, Stage.OTHER, told.now)
        told.suspend()
        with pytest.raises(TenderSuspended):
            require_timely(told.state, 0, Stage.DOCUMENTS, told.now)


class TestLodged:
    def test_once_and_by_a_live_key(self) -> None:
        told = story()
        require_live_key(told.state, 0, address("Ann"))
        with pytest.raises(BidMissing):
            require_live_key(told.state, 0, address("Dee"))
        told.withdraw("Bo")
        with pytest.raises(BidMissing):
            require_live_key(told.state, 0, address("Bo"))
        told.object_(b"\x0a" * 32, Stage.DOCUMENTS, "Ann")
        with pytest.raises(ObjectionAlreadyLodged):
            require_new(told.state, b"\x0a" * 32)

    def test_once_to_each_version_of_the_documents(self) -> None:
        told, id_ = story(), b"\x0a" * 32
        require_first(told.state, 0, Stage.DOCUMENTS, address("Ann"))
        told.object_(id_, Stage.DOCUMENTS, "Ann")
        told.answer(id_, Outcome.DISMISSED)
        with pytest.raises(ObjectionAlreadyLodged) as refused:
            require_first(told.state, 0, Stage.DOCUMENTS, address("Ann"))
        assert refused.value.id == id_
        require_first(told.state, 0, Stage.DOCUMENTS, address("Bo"))
        told.amend()
        require_first(told.state, 0, Stage.DOCUMENTS, address("Ann"))

    def test_to_the_result_beside_an_opening_that_was_left_unanswered(self) -> None:
        told = opened()
        told.object_(b"\x0a" * 32, Stage.OPENING, "Ann")
        told.record(3)
        to_notice(told)
        require_first(told.state, 0, Stage.RESULT, address("Ann"))

    def test_once_to_each_notice(self) -> None:
        told, id_ = noticed(), b"\x0a" * 32
        told.object_(id_, Stage.RESULT, "Ann")
        told.answer(id_, Outcome.UPHELD)
        with pytest.raises(ObjectionAlreadyLodged):
            require_first(told.state, 0, Stage.RESULT, address("Ann"))
        told.review()
        to_notice(told)
        require_first(told.state, 0, Stage.RESULT, address("Ann"))

    def test_every_part_of_it_is_in_its_name(self) -> None:
        told = story()
        place = (told.id, 0, Stage.RESULT, NOBODY, ZERO)
        others = {
            objection_id(told.id, 1, Stage.RESULT, NOBODY, ZERO),
            objection_id(told.id, 0, Stage.OPENING, NOBODY, ZERO),
            objection_id(told.id, 0, Stage.RESULT, address("Ann"), ZERO),
            objection_id(told.id, 0, Stage.RESULT, NOBODY, b"\x01" * 32),
        }
        assert len({*others, objection_id(*place)}) == 5

    def test_answered_once_and_clearly(self) -> None:
        told = story()
        id_ = told.admit(Stage.DOCUMENTS)
        with pytest.raises(OutcomeInvalid):
            require_answer(told.state, id_, Outcome.OPEN)
        told.answer(id_, Outcome.DISMISSED)
        with pytest.raises(ObjectionClosed):
            require_answer(told.state, id_, Outcome.UPHELD)
        with pytest.raises(ObjectionUnknown):
            require_answer(told.state, ZERO, Outcome.UPHELD)


class TestLifted:
    @pytest.mark.parametrize(("tell", "stage"), [(story, Stage.DOCUMENTS), (noticed, Stage.RESULT)])
    def test_once_overdue(self, tell: Callable[[], Story], stage: Stage) -> None:
        told = tell()
        id_, due = told.admit(stage), told.now + told.terms.answer_within
        with pytest.raises(WindowNotOpen) as refused:
            require_liftable(told.state, id_, due - 1)
        assert refused.value.opens_at == due
        require_liftable(told.state, id_, due)

    def test_not_what_nothing_stands_still_for(self) -> None:
        told = opened()
        id_ = told.admit(Stage.OPENING)
        with pytest.raises(NotSuspended):
            require_liftable(told.state, id_, told.now + 9 * DAY)
        with pytest.raises(ObjectionUnknown):
            require_liftable(told.state, ZERO, told.now + 9 * DAY)

    def test_it_stays_open_and_blocks_the_award(self) -> None:
        told = noticed()
        id_ = told.admit(Stage.RESULT)
        told.at(told.now + told.terms.answer_within)
        told.lift(id_)
        assert told.state.lot(0).course.suspension.since == 0
        told.at(told.state.lot(0).course.notice_end)
        with pytest.raises(ObjectionOpen):
            told.award("Bo")
        told.answer(id_, Outcome.DISMISSED)
        told.award("Bo")


class TestComplaints:
    def test_an_objection_comes_first(self) -> None:
        told = story()
        with pytest.raises(ObjectionFirst):
            require_objected(told.state, 0, Stage.DOCUMENTS, ZERO, told.now)
        id_ = told.admit(Stage.DOCUMENTS)
        with pytest.raises(ObjectionFirst):
            require_objected(told.state, 0, Stage.DOCUMENTS, id_, told.now)
        overdue = told.now + told.terms.answer_within
        require_objected(told.state, 0, Stage.DOCUMENTS, id_, overdue)
        told.answer(id_, Outcome.DISMISSED)
        require_objected(told.state, 0, Stage.DOCUMENTS, id_, told.now)
        for lot, stage in ((1, Stage.DOCUMENTS), (0, Stage.RESULT)):
            with pytest.raises(ObjectionFirst):
                require_objected(told.state, lot, stage, id_, told.now)

    def test_other_matters_need_none(self) -> None:
        told = story()
        require_objected(told.state, 0, Stage.OTHER, ZERO, told.now)
        with pytest.raises(ObjectionUnknown):
            require_objected(told.state, 0, Stage.OTHER, b"\x0a" * 32, told.now)
