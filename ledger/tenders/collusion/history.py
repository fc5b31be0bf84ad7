"""Indicators over many procedures: R024, R058, R025, R038, R048, by Tukey's fences.

A value beyond Q1 − 1.5 IQR or Q3 + 1.5 IQR is an outlier (docs/cli/indicators/R of
open-contracting/cardinal-rs). Quartiles are interpolated over all values, themselves included.
Where all values are equal nobody lies outside.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import quantiles
from typing import Final

from ledger.tenders.collusion.flags import Code, Flag, flag
from ledger.tenders.collusion.procedure import JudgedBid, Procedure, price_of

LEAST: Final = 4
"""Values without which there are no quartiles worth the name (proposed)."""
LEAST_BIDS: Final = 2
"""Bids, or procedures, that a party's ratio of rejections needs; cardinal's own number."""
FIRST_LEVEL: Final = 2
"""Digits of a classification code that tell one trade from another; cardinal's own number."""
_TUKEY: Final = Fraction(3, 2)


@dataclass(frozen=True, slots=True)
class Fences:
    """Bounds beyond which a value is an outlier, and the quartiles they come from."""

    low: Fraction
    first: Fraction
    third: Fraction
    high: Fraction

    def is_low(self, value: Fraction) -> bool:
        """Whether a value is a low outlier."""
        return value <= self.low and value < self.first

    def is_high(self, value: Fraction) -> bool:
        """Whether a value is a high outlier."""
        return value >= self.high and value > self.third


def history_flags(procedures: Iterable[Procedure]) -> Iterator[Flag]:
    """Yield what only a history shows; evidence names the procedure, buyer or tenderer."""
    told = tuple(procedures)
    yield from _gaps(told)
    yield from _losers(told)
    yield from _rejections(told)
    yield from _varieties(told)


def concerning(flags: Iterable[Flag], procedure: Procedure) -> Iterator[Flag]:
    """Yield the flags of a history that are about a procedure, its buyer or those who bid in it."""
    tenderers = {id_ for bid in procedure.bids for id_ in bid.tenderers}
    for each in flags:
        about = [dict(told) for told in each.evidence]
        if any(
            told.get("procedure") == procedure.id
            or told.get("buyer") == procedure.buyer
            or told.get("tenderer") in tenderers
            for told in about
        ):
            yield each


def fences(values: Sequence[Fraction]) -> Fences | None:
    """Return the fences of values; None for fewer than `LEAST`."""
    if len(values) < LEAST:
        return None
    first, _, third = quantiles(values, n=4, method="inclusive")
    reach = _TUKEY * (third - first)
    return Fences(first - reach, first, third, third + reach)


def _gaps(procedures: Sequence[Procedure]) -> Iterator[Flag]:
    """R024 and R058: how far the second lowest price lies above the winning one."""
    found = {each: gap for each in procedures if (gap := _gap(each)) is not None}
    bounds = fences(list(found.values()))
    if bounds is None:
        return
    for procedure, gap in found.items():
        ids = [procedure.winner] if procedure.winner is not None else []
        evidence = [{"procedure": procedure.id, "gap": _shown(gap)}]
        method = "gap between the winning and the second lowest price"
        if bounds.is_low(gap):
            yield flag(
                Code.R024, ids, evidence, method=method, threshold=f"<= {_shown(bounds.low)}"
            )
        if bounds.is_high(gap):
            yield flag(
                Code.R058, ids, evidence, method=method, threshold=f">= {_shown(bounds.high)}"
            )


def _gap(procedure: Procedure) -> Fraction | None:
    """Return (second lowest − winning) / winning; None unless one bidder alone won by price."""
    valid = [bid for bid in procedure.bids if not bid.is_rejected]
    priced = sorted((price, bid.id) for bid in valid if (price := price_of(bid)) is not None)
    if len(priced) < 2 or any(len(bid.tenderers) != 1 for bid in valid):  # noqa: PLR2004  # a pair
        return None
    (lowest, first), (second, _) = priced[:2]
    return (second - lowest) / lowest if first == procedure.winner and lowest > 0 else None


def _losers(procedures: Sequence[Procedure]) -> Iterator[Flag]:
    """R025: who bids much and wins little."""
    entered, won = _counted(procedures)
    ratios = {id_: Fraction(won.get(id_, 0), count) for id_, count in entered.items()}
    bounds = fences(list(ratios.values()))
    often = fences([Fraction(count) for count in entered.values()])
    if bounds is None or often is None:
        return
    for id_, ratio in sorted(ratios.items()):
        if entered[id_] >= often.third and bounds.is_low(ratio):
            yield flag(
                Code.R025,
                (),
                [{"tenderer": id_, "ratio": _shown(ratio), "bids": str(entered[id_])}],
                method="winning bids over valid bids of those who bid most",
                threshold=f"<= {_shown(bounds.low)}",
            )


def _counted(procedures: Sequence[Procedure]) -> tuple[dict[str, int], dict[str, int]]:
    entered: defaultdict[str, int] = defaultdict(int)
    won: defaultdict[str, int] = defaultdict(int)
    for procedure in procedures:
        for bid in procedure.bids:
            if len(bid.tenderers) == 1 and not bid.is_rejected:
                entered[bid.tenderers[0]] += 1
                won[bid.tenderers[0]] += bid.id == procedure.winner
    return dict(entered), dict(won)


def _rejections(procedures: Sequence[Procedure]) -> Iterator[Flag]:
    """R038: whose bids are rejected, and who rejects, far more often than others."""
    by_buyer: defaultdict[str, list[JudgedBid]] = defaultdict(list)
    by_tenderer: defaultdict[str, list[JudgedBid]] = defaultdict(list)
    run: defaultdict[str, int] = defaultdict(int)
    for procedure in procedures:
        run[procedure.buyer] += 1
        by_buyer[procedure.buyer] += procedure.bids
        for bid in procedure.bids:
            for id_ in bid.tenderers:
                by_tenderer[id_].append(bid)
    buyers = {id_: bids for id_, bids in by_buyer.items() if run[id_] >= LEAST_BIDS and bids}
    tenderers = {id_: bids for id_, bids in by_tenderer.items() if len(bids) >= LEAST_BIDS}
    for kind, groups in (("buyer", buyers), ("tenderer", tenderers)):
        yield from _rejected_most(kind, groups)


def _rejected_most(kind: str, groups: Mapping[str, Sequence[JudgedBid]]) -> Iterator[Flag]:
    ratios = {
        id_: Fraction(sum(bid.is_rejected for bid in bids), len(bids))
        for id_, bids in groups.items()
    }
    bounds = fences(list(ratios.values()))
    for id_, ratio in sorted(ratios.items()):
        if bounds is not None and bounds.is_high(ratio):
            yield flag(
                Code.R038,
                (),
                [{kind: id_, "ratio": _shown(ratio), "bids": str(len(groups[id_]))}],
                method=f"rejected bids over bids, by {kind}",
                threshold=f">= {_shown(bounds.high)}",
            )


def _varieties(procedures: Sequence[Procedure]) -> Iterator[Flag]:
    """R048: who supplies in far more trades than others."""
    trades: defaultdict[str, set[str]] = defaultdict(set)
    for procedure in procedures:
        for bid in procedure.bids:
            if bid.id == procedure.winner and len(bid.tenderers) == 1:
                trades[bid.tenderers[0]] |= {item[:FIRST_LEVEL] for item in procedure.items}
    varieties = {id_: Fraction(len(found)) for id_, found in trades.items() if found}
    bounds = fences(list(varieties.values()))
    for id_, variety in sorted(varieties.items()):
        if bounds is not None and bounds.is_high(variety):
            yield flag(
                Code.R048,
                (),
                [{"tenderer": id_, "trades": " ".join(sorted(trades[id_]))}],
                method="first levels of the classification of what was supplied",
                threshold=f">= {_shown(bounds.high)}",
            )


def _shown(value: Fraction) -> str:
    return f"{float(value):.4f}"
