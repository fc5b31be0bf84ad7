"""Awards: the reason that another than the first won, and the winner's licences at that time."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.tenders.events import Awarded
from ledger.tenders.shown_licences import Bench
from ledger.values import Status
from ledger.verification.check import Check, Result
from tests.support import verification
from tests.support.licences import CATALOGUE
from tests.support.opened_tender import everywhere
from tests.support.papered_story import NAMES
from tests.support.qualified_tender import TYPE, QualifiedTender
from tests.support.reopened import audited, played
from tests.support.tender_story import Where, address
from tests.support.verification import AT, DAY, KEY, Sample, sample

LATER = AT + 90 * DAY
GOOD = sample(TYPE).with_events().with_reading(block_time=LATER, read_at=LATER)
REASON = "中标候选人说明".encode()


def awarded(
    winner: str = "Ann", first: str = "Ann", *, is_reasoned: bool = False
) -> QualifiedTender:
    """A tender in which Ann alone shows a licence, from publication to award."""
    told = QualifiedTender(GOOD.document, Where(start=AT - 21 * DAY))
    told.prices = {first: "500000.00"}
    played(told)
    told.record_verdict("valid")
    order = told.evaluate(NAMES)
    assert order[0] == first
    told.do(told.notice, told.now + 4 * DAY)
    told.at(told.state.lot(0).course.notice_end)
    told.do(told.award, winner, 0, told.keep(REASON) if is_reasoned else bytes(32))
    return told


def spot_of(told: QualifiedTender) -> int:
    return next(n for n, each in enumerate(told.events) if isinstance(each, Awarded))


TOLD = awarded()
AWARDED_AT = TOLD.events[spot_of(TOLD)].place.block_time


def bench_of(of: Sample, **given: Any) -> Bench:
    return Bench((), of.policy, CATALOGUE, lambda _: of.evidence, everywhere, **given)


def looked(told: QualifiedTender, of: Sample = GOOD, **given: Any) -> Check:
    return audited(told, bench=bench_of(of, **given)).check("objections")


def suspended(told_at: int, effective_at: int) -> Sample:
    event = GOOD.event(Status.SUSPENDED, 101, told_at, effective_at=effective_at)
    return GOOD.with_events(event)


def fault(check: Check) -> Any:
    assert check.result is Result.INVALID
    (found,) = check.facts["faults"]
    return found


class TestLicences:
    def test_that_still_hold_are_right(self) -> None:
        assert looked(TOLD).result is Result.VALID

    def test_that_lapsed_since_the_deadline_are_found(self) -> None:
        lapsed = suspended(AWARDED_AT - DAY, AWARDED_AT - DAY)
        assert audited(TOLD, bench=bench_of(lapsed)).check("opening").result is Result.VALID
        told = fault(looked(TOLD, lapsed))
        assert (told["error"], told["winner"]) == ("WinnerLapsed", address("Ann"))
        assert told["requirements"] == ["builder"]

    @pytest.mark.parametrize(
        ("told_at", "result"),
        [
            (AWARDED_AT - 300, Result.INVALID),
            (AWARDED_AT - 299, Result.VALID),
            (AWARDED_AT + 1, Result.VALID),
        ],
    )
    def test_nobody_is_blamed_for_what_the_chain_told_after_one_could_look(
        self, told_at: int, result: Result
    ) -> None:
        assert looked(TOLD, suspended(told_at, AWARDED_AT - DAY)).result is result

    def test_that_lapsed_are_no_fault_where_a_reason_is_anchored(self) -> None:
        lapsed = suspended(AWARDED_AT - DAY, AWARDED_AT - DAY)
        assert looked(awarded(is_reasoned=True), lapsed).result is Result.VALID

    def test_that_a_winner_never_showed_are_found(self) -> None:
        told = fault(looked(awarded("Cai", "Cai")))
        assert told["winner"] == address("Cai")
        assert told["requirements"] == ["builder"]

    def test_a_key_that_came_to_be_distrusted_leaves_it_open(self) -> None:
        distrusted = GOOD.with_reading(key=replace(KEY, distrust_from=KEY.sign_from))
        assert looked(TOLD, distrusted).result is Result.ERROR

    def test_that_nobody_can_say_anything_of_stay_open(self) -> None:
        for unsaid in ("unconfirmed", "not-judged"):
            found = looked(TOLD, verification.unreachable(GOOD), unsaid=unsaid)
            (told,) = found.facts["open"]
            assert (told["why"], told["requirements"]) == (unsaid, ["builder"])

    @pytest.mark.parametrize(("given", "why"), [({}, "not-judged"), ({"files": {}}, "no-file")])
    def test_that_nobody_judges_are_named(self, given: dict[str, Any], why: str) -> None:
        (told,) = audited(TOLD, **given).check("objections").facts["open"]
        assert (told["why"], told["requirements"]) == (why, ["builder"])


class TestReason:
    """An award to another than the first needs one (R55), and its paper is everybody's to read."""

    def test_that_is_not_anchored_is_found(self) -> None:
        told = awarded("Cai", is_reasoned=True)
        spot = spot_of(told)
        told.events[spot] = replace(told.events[spot], reason=bytes(32))
        errors = {each["error"] for each in looked(told).facts["faults"]}
        assert errors == {"ReasonMissing", "WinnerLapsed"}  # Cai shows no licence either

    def test_that_is_anchored_and_at_hand_is_right(self) -> None:
        assert looked(awarded("Cai", is_reasoned=True)).result is Result.VALID

    def test_whose_paper_is_not_at_hand_stays_open(self) -> None:
        told = awarded("Cai", is_reasoned=True)
        del told.papers[told.events[spot_of(told)].reason]
        (open_,) = looked(told).facts["open"]
        assert open_["why"] == "no-reason-paper"
