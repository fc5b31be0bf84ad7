"""An outsider audits a tender of two envelopes: technical first, prices afterwards."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.tenders.audit.assembly import Shelf, assembled
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import Provenance
from ledger.tenders.audit.report import AuditReport
from ledger.tenders.events import (
    OpeningRecorded,
    PartScheduled,
    ReportRecorded,
    ScoreCommitted,
)
from ledger.verification.check import Result, Verdict
from tests.support.papered_story import AWARDS, NAMES
from tests.support.reopened import unsealing
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import DAY, address


def opened(told: SealedTender) -> None:
    """Open the current part, and evaluate it."""
    told.at(max(told.now, told.ends.list_end))
    for name in NAMES:
        told.do(told.disclose, name)
    told.at(told.ends.disclose_end)
    for index in (1, 3, 5):
        told.do(told.release, index)
    told.do(told.read_out, NAMES)


def whole() -> SealedTender:
    told = SealedTender(parts=2)
    told.prices = {"Dee": "800000.00"}
    told.play()
    for name in NAMES:
        told.do(told.submit, name)
    opened(told)
    told.evaluate(NAMES)
    told.at(told.ends.fallback_end)
    told.do(told.schedule, told.now + DAY)
    opened(told)
    best, *_ = told.evaluate(NAMES)
    told.do(told.notice, told.now + 4 * DAY)
    told.at(told.state.lot(0).course.notice_end)
    told.do(told.award, best)
    told.do(told.contract)
    return told


def judged(told: SealedTender, files: dict[bytes, bytes] | None = None) -> AuditReport:
    shelf = Shelf(told.papers, unsealing(told, told.files if files is None else files))
    made = assembled(told.ledger, AWARDS, told.id, told.events, shelf, {}, Provenance())
    return audit(made, told.now)


def reported(part: int, **changed: Any) -> SealedTender:
    """A tender with the event of one part's report told otherwise."""
    told = whole()
    spots = [n for n, each in enumerate(told.events) if isinstance(each, ReportRecorded)]
    told.events[spots[part - 1]] = replace(told.events[spots[part - 1]], **changed)
    return told


TOLD = whole()


class TestTwoParts:
    def test_an_honest_one_is_valid_from_bids_to_contract(self) -> None:
        report = judged(TOLD)
        assert [each.code for each in report.checks if each.result is not Result.VALID] == [
            "lists.no-receipts", "publication.not-given"
        ]  # fmt: skip
        assert report.verdict is Verdict.VALID
        assert len(TOLD.files) == 2 * len(NAMES)

    @pytest.mark.parametrize("part", [1, 2])
    def test_the_record_of_either_part_is_made_anew(self, part: int) -> None:
        told = whole()
        spots = [n for n, each in enumerate(told.events) if isinstance(each, OpeningRecorded)]
        spot = spots[part - 1]
        told.events[spot] = replace(told.events[spot], digest=b"\x07" * 32)
        (fault,) = judged(told).check("opening").facts["faults"]
        assert (fault["lot"], fault["part"]) == (0, part)

    @pytest.mark.parametrize("part", [1, 2])
    def test_the_report_of_either_part_is_made_anew(self, part: int) -> None:
        told = reported(part, digest=b"\x07" * 32)
        honest = [each for each in TOLD.events if isinstance(each, ReportRecorded)][part - 1]
        told.papers[b"\x07" * 32] = told.papers[honest.digest]  # whatever it is called by
        (fault,) = judged(told).check("scores").facts["faults"]
        assert (fault["lot"], fault["part"]) == (0, part)
        assert fault["report"] == "0x" + honest.digest.hex()

    def test_a_technical_report_that_rejects_others_than_the_ledger_keeps_sealed(self) -> None:
        told = reported(1, bidders=(address("Dee"),))
        (fault,) = judged(told).check("scores").facts["faults"]
        assert (fault["part"], fault["rejected"]) == (1, [])

    def test_a_technical_sheet_that_nobody_showed_changes_the_report(self) -> None:
        told = whole()
        first = next(each for each in told.events if isinstance(each, ScoreCommitted))
        del told.papers[first.digest]
        parts = [each["part"] for each in judged(told).check("scores").facts["faults"]]
        assert 1 in parts

    def test_a_second_part_that_took_the_time_to_object(self) -> None:
        told = whole()
        spot = next(n for n, each in enumerate(told.events) if isinstance(each, PartScheduled))
        scheduled = told.events[spot]
        early = replace(scheduled.place, block_time=scheduled.place.block_time - 1)
        told.events[spot] = replace(scheduled, place=early)
        (fault,) = judged(told).check("objections").facts["faults"]
        assert fault["error"] == "WindowNotOpen"

    @pytest.mark.parametrize("part", [1, 2])
    def test_a_part_whose_files_are_not_at_hand_stays_open(self, part: int) -> None:
        others = {
            each.bid.parts[2 - part].file: TOLD.files[each.bid.parts[2 - part].file]
            for each in TOLD.sealed.values()
        }
        found = judged(TOLD, others).check("opening")
        assert found.result is Result.ERROR
        assert {each["part"] for each in found.facts["open"]} == {part}

    def test_prices_are_told_of_in_the_second_record_alone(self) -> None:
        first, second = (TOLD.state.lot(0).openings[part].digest for part in (1, 2))
        assert b"800000.00" not in TOLD.papers[first]
        assert b"800000.00" in TOLD.papers[second]
