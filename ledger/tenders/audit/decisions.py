"""Steps 8 and 9: the experts' draw and the scores, recomputed."""

from decimal import Decimal
from typing import Any

from ledger.canonical import parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders import draw
from ledger.tenders.audit.bundle import DrawEvidence, EvaluationEvidence, TenderBundle
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.committee import report, report_digest
from ledger.tenders.evaluation import EvaluationMalformed, read_sheet, revealed, scores
from ledger.tenders.events import Phase
from ledger.tenders.opening_record import Findings
from ledger.tenders.pricing import decimal_in
from ledger.tenders.state import Course, TenderState
from ledger.verification.check import Check
from ledger.verification.shape import ShapeWrong


def check_draw(bundle: TenderBundle) -> Check:
    """Recompute each draw from what was anchored, in the order in which it had to be anchored."""
    if not bundle.draws:
        return skipped("draw", "not-given")
    faults = []
    for held in bundle.draws:
        try:
            _require_drawn(bundle.tender, held)
        except Refused as refused:
            setting = held.setting
            told = {"lot": setting.lot, "round": setting.round, "error": type(refused).__name__}
            faults.append(told | {name: str(each) for name, each in refused.values().items()})
    return judged("draw", faults)


def check_scores(bundle: TenderBundle, state: TenderState) -> Check:
    """Recompute totals, ranks and report; sheets that were not shown are named."""
    if not bundle.evaluations:
        return skipped("scores", "not-given")
    faults: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    for (lot, part), shown in bundle.evaluations.items():
        findings = (bundle.findings or {}).get((lot, part))
        if findings is None:
            open_.append({"lot": lot, "part": part, "why": "no-files"})
            continue
        course = state.lot(lot).course
        if course.part != part or course.phase < Phase.EVALUATED:
            open_.append({"lot": lot, "part": part, "why": "no-report"})
            continue
        try:
            faults += _differences(course, findings, shown)
        except LedgerError as exc:
            faults.append({"lot": lot, "part": part, "error": type(exc).__name__})
    return judged("scores", faults, open_)


def _require_drawn(tender: bytes, held: DrawEvidence) -> None:
    if held.setting.tender_id != tender:
        raise draw.DrawMalformed("tender")
    if list(held.anchored_at) != sorted(held.anchored_at):
        raise draw.DrawMalformed("order")
    draw.check_acknowledgements(held.setting, held.deals, held.anchored, held.acknowledged)
    draw.check_scalars(held.scalars, held.anchored)
    seed = draw.seed_of(held.setting.head, held.scalars)
    drawn = draw.draw(held.setting, seed, held.declined)
    members = tuple(each.entry for each in drawn if each.entry not in held.declined)
    if members != held.members:
        raise draw.DrawMalformed("members")


def _differences(
    course: Course, findings: Findings, shown: EvaluationEvidence
) -> list[dict[str, Any]]:
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
    made = report(ranked, shown.rejected, shown.statements, course.seats, missing)
    faults: list[dict[str, Any]] = []
    if report_digest(made) != course.report:
        faults.append({"report": "0x" + report_digest(made).hex()})
    best = tuple(each.bidder for each in ranked)[: len(course.candidates)]
    if course.candidates and best != course.candidates:
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
