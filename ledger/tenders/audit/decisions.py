"""Step 9: the scores, recomputed."""

from decimal import Decimal
from typing import Any

from ledger.canonical import parse_object
from ledger.errors import LedgerError
from ledger.tenders.audit.bundle import EvaluationEvidence, TenderBundle
from ledger.tenders.audit.clocks import History
from ledger.tenders.audit.records import unread
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.audit.reports import Reported, reports
from ledger.tenders.committee import report, report_digest
from ledger.tenders.evaluation import EvaluationMalformed, read_sheet, revealed, scores
from ledger.tenders.opening_record import Findings
from ledger.tenders.pricing import decimal_in
from ledger.tenders.state import TenderState
from ledger.verification.check import Check
from ledger.verification.shape import ShapeWrong


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
