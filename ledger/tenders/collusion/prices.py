"""Prices: equal ones, ladders of equal steps, and bills of quantities in one constant ratio."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final

from ledger.tenders.collusion.flags import Code, Flag, Strength, flag
from ledger.tenders.collusion.material import BidMaterial

LADDER: Final = 3
"""Prices that a ladder needs; of three, one step is left to chance (proposed)."""
STRONG_LADDER: Final = 4
RATIO_SPREAD: Final = Fraction(1, 1_000)
"""How far ratios may lie apart and still be one (proposed)."""
LINES: Final = 10
"""Positions that two bills of quantities must share (proposed)."""


def equal_prices(bids: Iterable[BidMaterial]) -> Iterator[Flag]:
    """Yield PRICE_EQUAL for bids of one price (cardinal's R028)."""
    holders: defaultdict[Fraction, list[str]] = defaultdict(list)
    for bid in bids:
        if (price := amount(bid.price)) is not None:
            holders[price].append(bid.id)
    for price, held in holders.items():
        if len(held) > 1:
            evidence = [{"price": str(_decimal(price))}]
            yield flag(Code.PRICE_EQUAL, held, evidence, method="R028", threshold="equal")


def price_patterns(bids: Iterable[BidMaterial]) -> Iterator[Flag]:
    """Yield PRICE_PATTERN for ladders over all prices and for bills in a constant ratio."""
    told = tuple(bids)
    priced = sorted(
        (price, bid.id) for bid in told if (price := amount(bid.price)) is not None and price > 0
    )
    prices = [price for price, _ in priced]
    if len(prices) >= LADDER and len(set(prices)) == len(prices):
        yield from _ladder([bid for _, bid in priced], prices)
    for one, other in combinations(told, 2):
        yield from _ratio(one, other)


def amount(text: str | None) -> Fraction | None:
    """Return a decimal string's value; None for what is none."""
    try:
        found = None if text is None else Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(found) if found is not None and found.is_finite() else None


def _ladder(bids: Sequence[str], prices: Sequence[Fraction]) -> Iterator[Flag]:
    steps = [after - before for before, after in pairwise(prices)]
    ratios = [after / before for before, after in pairwise(prices)]
    strength = Strength.STRONG if len(prices) >= STRONG_LADDER else Strength.PLAIN
    if len(set(steps)) == 1:
        yield flag(
            Code.PRICE_PATTERN,
            bids,
            [{"step": str(_decimal(steps[0]))}],
            method="arithmetic steps over all prices",
            threshold=f"equal, >= {LADDER} prices",
            strength=strength,
        )
    elif _spread(ratios) <= RATIO_SPREAD / 10:  # prices of one market lie close together anyway
        yield flag(
            Code.PRICE_PATTERN,
            bids,
            [{"ratio": f"{float(ratios[0]):.6f}"}],
            method="geometric steps over all prices",
            threshold=f"spread <= {float(RATIO_SPREAD / 10)}, >= {LADDER} prices",
            strength=strength,
        )


def _ratio(one: BidMaterial, other: BidMaterial) -> Iterator[Flag]:
    ratios = _ratios(one.lines, other.lines)
    if len(ratios) < LINES or _spread(ratios) > RATIO_SPREAD:
        return
    yield flag(
        Code.PRICE_PATTERN,
        (one.id, other.id),
        [{"ratio": f"{float(ratios[0]):.6f}", "lines": str(len(ratios))}],
        method="ratio of unit prices over the bill of quantities",
        threshold=f"spread <= {float(RATIO_SPREAD)}, >= {LINES} lines",
        strength=Strength.STRONG,
    )


def _ratios(one: Mapping[str, str], other: Mapping[str, str]) -> list[Fraction]:
    found = []
    for position in sorted(one.keys() & other.keys()):
        price, rival = amount(one[position]), amount(other[position])
        if price is not None and rival is not None and price > 0 and rival > 0:
            found.append(rival / price)
    return found


def _spread(ratios: Sequence[Fraction]) -> Fraction:
    return max(ratios) / min(ratios) - 1


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
