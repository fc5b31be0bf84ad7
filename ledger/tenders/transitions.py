"""What may follow an opening: a table of steps, and one of complaints, as in the contracts.

Every award and every exit is in the table or does not exist, so it is the test of forbidden
transitions by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

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
    Rule,
    ScoresMissing,
    StepForbidden,
    TenderSuspended,
)
from ledger.tenders.events import ComplaintState, Outcome, Phase
from ledger.tenders.phases import lot_phase_at
from ledger.tenders.state import UNDECIDED, Course, TenderState
from ledger.values import Address, Role


class Step(IntEnum):
    """IAwardLedger.Step."""

    COMMITTEE = 0
    SCORE = 1
    REPLACE = 2
    REPORT = 3
    REJECT = 4
    REJECT_ALL = 5
    NOTICE = 6
    REVIEW = 7
    AWARD = 8
    CONTRACT = 9
    TERMINATE = 10
    VOID = 11


@dataclass(frozen=True, slots=True)
class Row:
    """From which phases a step leads to which, and who may take it."""

    sources: frozenset[Phase]
    target: Phase
    role: Role = Role.TENDERER
    works_suspended: bool = False


_BEFORE_AWARD: Final = frozenset((Phase.OPENED, Phase.COMMITTED, Phase.EVALUATED, Phase.NOTICE))
_COMMITTED: Final = frozenset((Phase.COMMITTED,))
STEPS: Final[Mapping[Step, Row]] = MappingProxyType(
    {
        Step.COMMITTEE: Row(frozenset((Phase.OPENED,)), Phase.COMMITTED),
        Step.SCORE: Row(_COMMITTED, Phase.COMMITTED),
        Step.REPLACE: Row(_COMMITTED, Phase.COMMITTED),
        Step.REPORT: Row(_COMMITTED, Phase.EVALUATED),
        Step.REJECT: Row(frozenset((Phase.EVALUATED,)), Phase.EVALUATED),
        Step.REJECT_ALL: Row(_COMMITTED, Phase.ALL_REJECTED),
        Step.NOTICE: Row(frozenset((Phase.EVALUATED,)), Phase.NOTICE),
        Step.REVIEW: Row(frozenset((Phase.NOTICE,)), Phase.COMMITTED),
        Step.AWARD: Row(frozenset((Phase.NOTICE,)), Phase.AWARDED),
        Step.CONTRACT: Row(frozenset((Phase.AWARDED,)), Phase.CONTRACTED),
        Step.TERMINATE: Row(_BEFORE_AWARD, Phase.TERMINATED, works_suspended=True),
        Step.VOID: Row(
            _BEFORE_AWARD | {Phase.AWARDED, Phase.CONTRACTED},
            Phase.VOIDED,
            Role.SUPERVISOR,
            works_suspended=True,
        ),
    }
)
_LAST_PART_ONLY: Final = frozenset((Step.NOTICE,))
_FIRST_OF_TWO_ONLY: Final = frozenset((Step.REJECT,))
COMPLAINT_MOVES: Final[Mapping[ComplaintState, frozenset[ComplaintState]]] = MappingProxyType(
    {
        ComplaintState.PENDING: frozenset(
            (ComplaintState.MISTAKEN, ComplaintState.ACCEPTED, ComplaintState.INVALID)
        ),
        ComplaintState.ACCEPTED: frozenset(
            (ComplaintState.DECLINED, ComplaintState.SATISFIED, ComplaintState.STOPPED)
        ),
        ComplaintState.SATISFIED: frozenset((ComplaintState.RESOLVED,)),
    }
)


def require_step(state: TenderState, number: int, step: Step, at: int) -> Row:
    """Return the step's row; raise unless the lot may take it at `at`, whoever asks.

    Raises:
        StepForbidden: from another phase, or in a part that has no such step.
        TenderSuspended: while tender or lot stand still, save for the exits.
        OpeningNotRecorded, ScoresMissing, GroundMissing: when what comes before is missing.
        LotUnknown: for a lot that the tender does not have.
    """
    phase, course = lot_phase_at(state, number, at), state.lot(number).course
    row = STEPS[step]
    if phase not in row.sources:
        raise StepForbidden(step, phase)
    if not row.works_suspended:
        require_running(state, course)
    is_last = state.current_part == state.announcement.parts
    if (step in _LAST_PART_ONLY and not is_last) or (step in _FIRST_OF_TWO_ONLY and is_last):
        raise StepForbidden(step, phase)
    _require_before(state, number, step, course)
    return row


def require_running(state: TenderState, course: Course | None = None) -> None:
    """Raise `TenderSuspended` while the tender, or besides the lot of that course, stands still."""
    for suspension in (state.suspension, course.suspension if course else state.suspension):
        if suspension.since:
            raise TenderSuspended(suspension.since)


def require_notice(state: TenderState, number: int, until: int, at: int) -> None:
    """Raise unless candidates may be published until then; as `require_step`.

    Raises `PolicyViolated` for a notice that is too short, in seconds.
    """
    require_step(state, number, Step.NOTICE, at)
    required = at + state.terms.min_notice
    if until < required:
        raise PolicyViolated(Rule.NOTICE, required, until)


def require_award(state: TenderState, number: int, winner: Address, reason: bytes, at: int) -> None:
    """Raise unless the lot may be awarded to `winner` at `at`; as `require_step`.

    Raises:
        NoticeRunning: before the notice ended.
        ObjectionOpen, ComplaintOpen: while something blocks the award; an upheld objection to the
            result does until the committee has reviewed it (R54).
        NotCandidate: for a bidder that the report does not name.
        ReasonMissing: for another than the first candidate, without a reason.
    """
    require_step(state, number, Step.AWARD, at)
    course = state.lot(number).course
    if at < course.notice_end:
        raise NoticeRunning(course.notice_end, at)
    _require_undisputed(state, number, course)
    if winner not in course.candidates:
        raise NotCandidate(winner)
    if winner != course.candidates[0] and not any(reason):
        raise ReasonMissing(winner)


def require_complaint_move(present: ComplaintState, to: ComplaintState) -> None:
    """Raise `ComplaintTransitionIllegal` unless a complaint may move that way."""
    if to not in COMPLAINT_MOVES.get(present, frozenset()):
        raise ComplaintTransitionIllegal(present, to)


def _require_undisputed(state: TenderState, number: int, course: Course) -> None:
    for id_, objection in state.objections.items():
        if objection.lot == number and objection.outcome is Outcome.OPEN:
            raise ObjectionOpen(id_)
    if course.upheld is not None:
        raise ObjectionOpen(course.upheld)
    for id_, complaint in state.complaints.items():
        is_blocking = complaint.lot == number and complaint.state in UNDECIDED
        if is_blocking and state.terms.complaint_blocks_award:
            raise ComplaintOpen(id_)


def _require_before(state: TenderState, number: int, step: Step, course: Course) -> None:
    part = state.current_part
    if step is Step.COMMITTEE and part not in state.lot(number).openings:
        raise OpeningNotRecorded(number, part)
    if step is Step.REPORT and len(course.scored) != course.seats:
        scored = sum(1 << (seat - 1) for seat in course.scored)
        raise ScoresMissing(scored, course.seats)
    if step is Step.REVIEW and not course.has_ground:
        raise GroundMissing
