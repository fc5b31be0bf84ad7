"""An outsider with a node judges licences again, as of the deadline and as known at the opening."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.licences.reasons import ANNULMENTS
from ledger.tenders.audit.licences import as_known
from ledger.tenders.shown_licences import Bench
from ledger.values import Status
from ledger.verification.check import Check, Result
from ledger.verification.evidence import Reading
from tests.support import verification
from tests.support.licences import CATALOGUE
from tests.support.opened_tender import everywhere
from tests.support.qualified_tender import TYPE, QualifiedTender
from tests.support.reopened import judged, played
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import Where, address
from tests.support.verification import AT, DAY, KEY, Sample, sample

LATER = AT + 40 * DAY
GOOD = sample(TYPE).with_events().with_reading(block_time=LATER, read_at=LATER)
ANN = address("Ann")
ANNULMENT = min(ANNULMENTS)
"""It counts for every time, also for that before it was told."""


def recorded(verdict: str) -> SealedTender:
    """A tender whose record says this of Ann's licence."""
    told = QualifiedTender(GOOD.document, Where(start=AT - 21 * DAY))
    played(told)
    told.record_verdict(verdict)
    return told


def looked(told: SealedTender, of: Sample) -> Check:
    return judged(told, bench=Bench((), of.policy, CATALOGUE, lambda _: of.evidence, everywhere))


RECORDED = {verdict: recorded(verdict) for verdict in ("valid", "invalid", "unconfirmed")}
RECORDED_AT = RECORDED["valid"].now


def change(status: Status, reason: int, effective_at: int, told_at: int) -> Sample:
    return GOOD.with_events(GOOD.event(status, reason, told_at, effective_at=effective_at))


def doubt(check: Check) -> Any:
    assert check.result is Result.ERROR
    whole, one = check.facts["open"]
    assert whole == {"lot": 0, "part": 1, "why": "as-recorded", "member": "licences"}
    assert (one["bidder"], one["requirement"]) == (ANN, "builder")
    return one


class TestWithEvidence:
    def test_a_record_that_is_right_is_confirmed(self) -> None:
        assert looked(RECORDED["valid"], GOOD).code == "opening.ok"

    def test_suspended_the_day_before_the_deadline(self) -> None:
        spoilt = change(Status.SUSPENDED, 101, AT - DAY, AT - DAY)
        assert looked(RECORDED["invalid"], spoilt).code == "opening.ok"

    @pytest.mark.parametrize("verdict", ["valid", "invalid"])
    def test_a_record_that_is_wrong_is_told_with_the_reason(self, verdict: str) -> None:
        spoilt = change(Status.SUSPENDED, 101, AT - DAY, AT - DAY)
        found = looked(RECORDED[verdict], spoilt if verdict == "valid" else GOOD)
        assert found.result is Result.INVALID
        (one,) = found.facts["faults"][0]["licences"]
        assert (one["bidder"], one["recorded"]) == (ANN, verdict)
        assert one["found"] == ("invalid" if verdict == "valid" else "valid")
        assert one["reasons"] == (["status.suspended"] if verdict == "valid" else [])

    def test_without_a_bench_it_is_as_recorded(self) -> None:
        found = judged(RECORDED["valid"])
        assert found.facts["open"] == [
            {"lot": 0, "part": 1, "why": "as-recorded", "member": "licences"}
        ]


class TestWhatWasKnown:
    """The chain learnt something after the record: nobody can have known it."""

    def test_an_annulment_after_the_record_does_not_count(self) -> None:
        later = change(Status.REVOKED, ANNULMENT, AT + DAY, RECORDED_AT + 1)
        assert looked(RECORDED["valid"], later).code == "opening.ok"
        found = looked(RECORDED["invalid"], later)
        assert found.result is Result.INVALID

    def test_one_between_opening_and_record_bears_out_either(self) -> None:
        between = change(Status.REVOKED, ANNULMENT, AT + 1, RECORDED_AT)
        assert RECORDED["valid"].ends.disclose_end < RECORDED_AT
        for verdict in ("valid", "invalid"):
            assert looked(RECORDED[verdict], between).code == "opening.ok"

    def test_a_key_that_came_to_be_distrusted_accuses_nobody(self) -> None:
        distrusted = GOOD.with_reading(key=replace(KEY, distrust_from=KEY.sign_from))
        told = doubt(looked(RECORDED["valid"], distrusted))
        assert (told["why"], told["found"]) == ("learnt-at-some-time", "invalid")
        assert looked(RECORDED["invalid"], distrusted).code == "opening.ok"

    def test_history_that_does_not_lead_to_the_bits_is_left_as_it_is(self) -> None:
        whole = change(Status.REVOKED, ANNULMENT, AT + DAY, RECORDED_AT + 1)
        cut = as_known(whole.evidence, RECORDED_AT)
        assert (cut.history, _word(cut)) == ((), 0)
        assert as_known(whole.evidence, RECORDED_AT + 1) == whole.evidence
        for odd in (whole.with_evidence(history=()), whole.with_evidence(history=None)):
            assert as_known(odd.evidence, 0) == odd.evidence


class TestWhatNobodyCanSay:
    def test_a_node_that_is_down(self) -> None:
        down = verification.unreachable(GOOD)
        for verdict in RECORDED:
            assert doubt(looked(RECORDED[verdict], down))["why"] == "unconfirmed"

    def test_a_record_that_says_that_nobody_could_say(self) -> None:
        told = doubt(looked(RECORDED["unconfirmed"], GOOD))
        assert (told["why"], told["found"]) == ("recorded-unconfirmed", "valid")

    def test_a_record_whose_paper_is_not_at_hand(self) -> None:
        told = recorded("valid")
        del told.papers[told.state.lot(0).openings[1].digest]
        assert looked(told, GOOD).code == "opening.ok"
        spoilt = change(Status.SUSPENDED, 101, AT - DAY, AT - DAY)
        assert looked(told, spoilt).result is Result.INVALID
        between = change(Status.REVOKED, ANNULMENT, AT + 1, RECORDED_AT)
        assert looked(told, between).result is Result.ERROR


def _word(evidence: Any) -> int | None:
    assert isinstance(evidence.reading, Reading)
    return evidence.reading.status_word
