"""Steps 8 and 9: the experts' draw and the scores, recomputed."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from ledger.canonical import parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders.audit.bundle import (
    DrawEvidence,
    EvaluationEvidence,
    Place,
    TenderBundle,
)
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.records import unread
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.audit.reports import Reported, reports
from ledger.tenders.committee import report, report_digest
from ledger.tenders.committee_paper import CommitteePaper, require_continued, require_drawn
from ledger.tenders.draw import DrawMalformed, check_committee
from ledger.tenders.evaluation import EvaluationMalformed, read_sheet, revealed, scores
from ledger.tenders.events import CommitteeCommitted, OpeningRecorded, ScoreCommitted
from ledger.tenders.opening_record import Findings
from ledger.tenders.pricing import decimal_in
from ledger.tenders.state import TenderState
from ledger.verification.check import Check
from ledger.verification.shape import ShapeWrong

_ORDER: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "proven": ("opening-record", "committee-paper", "scores"),
        "stated": ("setting", "addresses", "deals", "acknowledgements", "scalars"),
    }
)
"""Which steps the ledger put in order, and which only the drawers say came one after the other."""


def check_draw(bundle: TenderBundle) -> Check:
    """Recompute each draw from what the committee's papers carry.

    That a paper was fixed before the first score is the ledger's to prove, by the order of its
    events; what happened inside the draw, in which order, is the drawers' word. The facts say so.
    """
    if not bundle.draws:
        return skipped("draw", "not-given")
    faults: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    earlier: dict[Place, CommitteePaper] = {}
    for held in bundle.draws:
        event = held.event
        place = {"lot": event.lot, "part": event.part, "block": event.place.block}
        first = earlier.get((event.lot, event.part))
        if held.told is None:
            open_.append(place | {"why": "no-paper"})
            continue
        try:
            paper = _require_draw(bundle, held)
            if isinstance(event, CommitteeCommitted):
                _require_order(bundle, event)
            elif first is not None:
                require_continued(first, paper)
            else:  # it may be a draw of its own, made when scores were known
                open_.append(place | {"why": "no-earlier-paper"})
        except Refused as refused:
            told = {"error": type(refused).__name__}
            told |= {name: str(each) for name, each in refused.values().items()}
            faults.append(place | told)
        else:
            earlier[event.lot, event.part] = paper
    found = judged("draw", faults, open_)
    return replace(found, facts={**found.facts, "order": dict(_ORDER)})


def check_scores(bundle: TenderBundle, history: History, state: TenderState) -> Check:
    """Recompute totals, ranks and each part's report; sheets that were not shown are named.

    The first of two parts' report, which knows no prices, names no candidates and the bids whose
    prices stay sealed.
    """
    if not bundle.evaluations:
        return skipped("scores", "not-given")
    if bundle.findings is None:
        return skipped("scores", "no-files")
    faults: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    reported = reports(history, state)
    for place, shown in bundle.evaluations.items():
        told = {"lot": place[0], "part": place[1]}
        findings = bundle.findings.get(place)
        if findings is None or unread(bundle, state, place, findings):
            open_.append(told | {"why": "no-files"})
            continue
        if place not in reported:
            open_.append(told | {"why": "no-report"})
            continue
        try:
            faults += [
                told | each
                for each in _differences(reported[place], findings, shown, state.announcement.parts)
            ]
        except LedgerError as exc:
            faults.append(told | {"error": type(exc).__name__})
    return judged("scores", faults, open_)


def _require_draw(bundle: TenderBundle, held: DrawEvidence) -> CommitteePaper:
    paper, event = held.told, held.event
    if not isinstance(paper, CommitteePaper):
        assert paper is not None  # whoever has none does not ask
        raise paper
    setting = paper.drawing.setting
    if (setting.tender_id, setting.lot) != (bundle.tender, event.lot):
        raise DrawMalformed("tender or lot")
    experts = len(paper.members)
    if experts + len(paper.representatives) != held.seats:
        raise DrawMalformed("seats")
    if bundle.policy is not None and bundle.policy.committee is not None:
        check_committee(held.seats, experts)
    require_drawn(paper)
    return paper


def _require_order(bundle: TenderBundle, event: CommitteeCommitted) -> None:
    """Raise unless the paper came after its part's opening record and before any score."""
    place = (event.lot, event.part)
    own = bundle.own
    before = own[: own.index(event)]
    if any(isinstance(each, ScoreCommitted) and (each.lot, each.part) == place for each in before):
        raise DrawMalformed("order")
    if not any(
        isinstance(each, OpeningRecorded) and (each.lot, each.part) == place for each in before
    ):
        raise DrawMalformed("order")


def _differences(
    reported: Reported, findings: Findings, shown: EvaluationEvidence, parts: int
) -> list[dict[str, Any]]:
    event, course = reported.event, reported.course
    rejected = {each.bidder for each in shown.rejected}
    prices = {
        bidder: _price(opened.manifest, needed=shown.criteria.price is not None)
        for bidder, opened in findings.opened.items()
        if bidder not in rejected
    }
    given, missing = revealed(course.scored, shown.sheets)
    sheets = [read_sheet(each, shown.criteria, prices.keys()) for each in given.values()]
    if [each.seat for each in sheets] != list(given):
        raise EvaluationMalformed("seat")
    ranked = scores(shown.criteria, sheets, prices)
    said = (shown.rejected, shown.statements, course.seats, missing, shown.personal)
    made = report(ranked, *said)
    faults: list[dict[str, Any]] = []
    if report_digest(made) != event.digest:
        faults.append({"report": "0x" + report_digest(made).hex()})
    if event.part < parts:
        return faults + ([] if rejected == {*event.bidders} else [{"rejected": sorted(rejected)}])
    best = tuple(each.bidder for each in ranked)[: len(event.bidders)]
    if event.bidders and best != event.bidders:
        faults.append({"candidates": list(best)})
    return faults


def _price(manifest: bytes, *, needed: bool) -> Decimal:
    """The amount in a manifest; 0 where none is asked for."""
    price = parse_object(manifest).get("price")
    if price is None and not needed:
        return Decimal(0)
    amount = price.get("amount") if isinstance(price, dict) else None
    try:
        return decimal_in(amount, "price")
    except ShapeWrong as exc:
        raise EvaluationMalformed("price") from exc
