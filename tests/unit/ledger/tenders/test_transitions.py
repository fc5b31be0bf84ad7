"""What may follow an opening, and what may not."""

from collections.abc import Callable
from itertools import product

import pytest

from ledger.tenders import events
from ledger.tenders.errors import (
    ComplaintOpen,
    ComplaintTransitionIllegal,
    GroundMissing,
    NotCandidate,
    NoticeRunning,
    ObjectionOpen,
    OpeningNotRecorded,
    PolicyViolated,
    ReasonMissing,
    ScoresMissing,
    StepForbidden,
    TenderSuspended,
)
from ledger.tenders.events import ComplaintState, Outcome, Phase, Stage
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.transitions import STEPS, Step, require_complaint_move, require_step
from ledger.values import Role
from tests.support.tender_story import DAY, ZERO, Story

THREE = ("Ann", "Bo", "Cai")
ID = b"\x0a" * 32


def opened() -> Story:
    told = Story()
    for name in THREE:
        told.submit(name)
    told.open(THREE)
    told.record(3)
    return told


def evaluated() -> Story:
    told = opened()
    told.committee()
    for seat in range(1, 6):
        told.score(seat)
    told.report(["Bo", "Ann"])
    return told


def noticed() -> Story:
    told = evaluated()
    told.notice(told.now + 3 * DAY)
    return told


def awarded() -> Story:
    told = noticed()
    told.at(told.now + 3 * DAY).award("Bo")
    return told


def contracted() -> Story:
    told = awarded()
    told.contract()
    return told


def phase(told: Story) -> Phase:
    return lot_phase_at(told.state, 0, told.now)


class TestTheWholeWay:
    def test_from_the_opening_to_the_contract(self) -> None:
        told = contracted()
        assert phase(told) is Phase.CONTRACTED
        told.void()
        assert phase(told) is Phase.VOIDED

    @pytest.mark.parametrize(
        ("made", "stands"),
        [
            (opened, Phase.OPENED),
            (evaluated, Phase.EVALUATED),
            (noticed, Phase.NOTICE),
            (awarded, Phase.AWARDED),
            (contracted, Phase.CONTRACTED),
        ],
    )
    def test_every_step_is_in_the_table_or_refused(
        self, made: Callable[[], Story], stands: Phase
    ) -> None:
        told = made()
        for step in Step:
            if stands in STEPS[step].sources and step is not Step.REJECT:
                continue
            with pytest.raises(StepForbidden) as refused:
                require_step(told.state, 0, step, told.now)
            assert (refused.value.step, refused.value.phase) == (step, stands)

    def test_nothing_leads_out_of_an_exit(self) -> None:
        exits = {Phase.FAILED_FEW, Phase.NOT_OPENED, Phase.ALL_REJECTED, Phase.TERMINATED}
        for step, ends in product(Step, exits):
            assert ends not in STEPS[step].sources
        assert Phase.VOIDED not in set().union(*(row.sources for row in STEPS.values()))

    def test_only_a_supervisor_voids_and_only_exits_go_while_suspended(self) -> None:
        assert [step for step in Step if STEPS[step].role is Role.SUPERVISOR] == [Step.VOID]
        allowed = [step for step in Step if STEPS[step].works_suspended]
        assert allowed == [Step.TERMINATE, Step.VOID]


class TestEvaluation:
    def test_nobody_is_appointed_before_the_record(self) -> None:
        told = Story()
        for name in THREE:
            told.submit(name)
        told.open(THREE)
        with pytest.raises(OpeningNotRecorded):
            told.committee()

    def test_no_report_before_every_seat_has_scored(self) -> None:
        told = opened()
        told.committee()
        for seat in (1, 2, 4, 5):
            told.score(seat)
        with pytest.raises(ScoresMissing) as refused:
            told.report(["Bo"])
        assert (refused.value.scored, refused.value.seats) == (0b11011, 5)

    def test_a_replaced_experts_score_is_void(self) -> None:
        told = opened()
        told.committee()
        for seat in range(1, 6):
            told.score(seat)
        told.tell(events.ExpertReplaced, 0, 1, b"\x17" * 32, 4, b"\x18" * 32)
        assert 4 not in told.state.lot(0).course.scored
        with pytest.raises(ScoresMissing):
            told.report(["Bo"])
        told.score(4)
        told.report(["Bo"])

    def test_all_rejected(self) -> None:
        told = opened()
        told.committee()
        told.tell(events.AllRejected, 0, 1, b"\x19" * 32)
        assert phase(told) is Phase.ALL_REJECTED


class TestAward:
    def test_not_before_the_notice_ended(self) -> None:
        told = noticed()
        told.at(told.now + 3 * DAY - 1)
        with pytest.raises(NoticeRunning) as refused:
            told.award("Bo")
        assert refused.value.until == told.now + 1

    def test_a_notice_of_less_than_three_days(self) -> None:
        told = evaluated()
        with pytest.raises(PolicyViolated):
            told.notice(told.now + 3 * DAY - 1)

    def test_candidates_only_and_the_second_for_a_reason(self) -> None:
        told = noticed()
        told.at(told.now + 3 * DAY)
        with pytest.raises(NotCandidate):
            told.award("Cai")
        with pytest.raises(ReasonMissing):
            told.award("Ann")
        told.award("Ann", reason=b"\x01" * 32)

    def test_an_objection_suspends_and_blocks_until_it_is_answered(self) -> None:
        told = noticed()
        until = told.now + 3 * DAY
        told.at(told.now + DAY).object_(ID, Stage.RESULT, "Cai")
        assert not told.state.objections[ID].is_overdue(told.now)
        assert told.state.objections[ID].is_overdue(told.now + 3 * DAY)
        told.at(until)
        with pytest.raises(TenderSuspended):
            told.award("Bo")
        told.answer(ID, Outcome.DISMISSED)
        with pytest.raises(NoticeRunning) as refused:
            told.award("Bo")
        assert refused.value.until == until + 2 * DAY
        told.at(until + 2 * DAY).award("Bo")

    def test_an_objection_to_the_opening_blocks_without_suspending(self) -> None:
        told = noticed()
        told.object_(ID, Stage.OPENING, "Cai")
        told.at(told.now + 3 * DAY)
        with pytest.raises(ObjectionOpen) as refused:
            told.award("Bo")
        assert refused.value.id == ID

    def test_an_upheld_objection_is_ground_for_a_review(self) -> None:
        told = noticed()
        with pytest.raises(GroundMissing):
            require_step(told.state, 0, Step.REVIEW, told.now)
        told.object_(ID, Stage.RESULT, "Cai")
        told.answer(ID, Outcome.UPHELD)
        told.review()
        assert phase(told) is Phase.COMMITTED
        assert not told.state.lot(0).course.scored

    def test_an_upheld_objection_blocks_until_the_result_is_reviewed(self) -> None:
        told = noticed()
        told.object_(ID, Stage.RESULT, "Cai")
        told.answer(ID, Outcome.UPHELD)
        told.at(told.now + 3 * DAY)
        for name, reason in (("Bo", ZERO), ("Ann", ID)):
            with pytest.raises(ObjectionOpen) as refused:
                told.award(name, reason=reason)
            assert refused.value.id == ID
        told.review()
        for seat in range(1, 6):
            told.score(seat)
        told.report(["Ann"])
        told.notice(told.now + 3 * DAY)
        told.at(told.now + 3 * DAY).award("Ann")

    @pytest.mark.parametrize(
        ("moves", "blocks"),
        [
            ((), True),
            ((ComplaintState.ACCEPTED,), True),
            ((ComplaintState.ACCEPTED, ComplaintState.SATISFIED), True),
            ((ComplaintState.ACCEPTED, ComplaintState.DECLINED), False),
            ((ComplaintState.INVALID,), False),
        ],
    )
    def test_complaints_block_until_decided(
        self, moves: tuple[ComplaintState, ...], *, blocks: bool
    ) -> None:
        told = noticed()
        told.tell(events.ComplaintFiled, 0, ID, Stage.OTHER, ZERO, b"\x1b" * 32)
        for to in moves:
            require_complaint_move(told.state.complaints[ID].state, to)
            told.tell(events.ComplaintMoved, ID, to, b"\x1c" * 32)
        told.at(told.now + 3 * DAY)
        if not blocks:
            told.award("Bo")
            return
        with pytest.raises(ComplaintOpen):
            told.award("Bo")


class TestComplaints:
    LEGAL = (
        ("PENDING", "MISTAKEN"),
        ("PENDING", "ACCEPTED"),
        ("PENDING", "INVALID"),
        ("ACCEPTED", "DECLINED"),
        ("ACCEPTED", "SATISFIED"),
        ("ACCEPTED", "STOPPED"),
        ("SATISFIED", "RESOLVED"),
    )

    @pytest.mark.parametrize(("present", "to"), [*product(ComplaintState, ComplaintState)])
    def test_seven_moves_and_no_other(self, present: ComplaintState, to: ComplaintState) -> None:
        if (present.name, to.name) in self.LEGAL:
            require_complaint_move(present, to)
            return
        with pytest.raises(ComplaintTransitionIllegal):
            require_complaint_move(present, to)
