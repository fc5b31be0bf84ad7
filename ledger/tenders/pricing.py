"""Formulas that turn prices into points, as data; amounts are decimal strings, never floats."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from ledger.values import Address
from ledger.verification.shape import ShapeWrong, members, text

_SPELT: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?")
_HUNDRED: Final = Decimal(100)


class Kind(StrEnum):
    """Which formula.

    LOWEST: lowest price ÷ price × most (低价优先法, 政府采购货物和服务招标投标管理办法 art. 55).
    DEVIATION: most, less `above` or `below` points for each percent over or under the mean price.
    """

    LOWEST = "lowest"
    DEVIATION = "deviation"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and its numbers; `above` and `below` only count in DEVIATION."""

    kind: Kind
    most: Decimal
    above: Decimal = Decimal(0)
    below: Decimal = Decimal(0)

    @classmethod
    def read(cls, value: Any) -> "Formula":
        """Return the formula in a member of the criteria; raise `ShapeWrong`."""
        is_deviation = isinstance(value, dict) and value.get("kind") == Kind.DEVIATION
        names = ("kind", "most", "above", "below") if is_deviation else ("kind", "most")
        told = members(value, names, "price")
        if text(told["kind"], "price.kind") not in {*Kind}:
            raise ShapeWrong("price.kind")
        numbers = {name: decimal_in(told[name], f"price.{name}") for name in names[1:]}
        return cls(Kind(told["kind"]), **numbers)


def decimal_in(value: Any, member: str) -> Decimal:
    """Return a number that is spelt in decimal, not negative; raise `ShapeWrong` for any other."""
    if not _SPELT.fullmatch(spelt := text(value, member, limit=32)):
        raise ShapeWrong(member)
    return Decimal(spelt)


def price_points(
    formula: Formula, prices: Mapping[Address, Decimal], scale: int
) -> dict[Address, Decimal]:
    """Return each bid's points for its price, which is above 0.

    Who was rejected is not among `prices`, and so moves neither the lowest nor the mean.
    """
    step = Decimal(1).scaleb(-scale)
    return {
        bidder: _points(formula, price, prices).quantize(step, ROUND_HALF_UP)
        for bidder, price in prices.items()
    }


def _points(formula: Formula, price: Decimal, prices: Mapping[Address, Decimal]) -> Decimal:
    if formula.kind is Kind.LOWEST:
        return min(prices.values()) / price * formula.most
    mean = sum(prices.values(), Decimal(0)) / len(prices)
    percent = (price - mean) / mean * _HUNDRED
    lost = percent * formula.above if percent > 0 else -percent * formula.below
    return max(Decimal(0), formula.most - lost)
