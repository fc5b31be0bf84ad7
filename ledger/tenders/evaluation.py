"""Evaluation as anybody recomputes it: criteria are data, sheets are committed before any is shown.

Points and amounts are decimal strings; the mean of the experts' points is rounded half up, as the
documents say. What the program gives is arithmetic: whoever rejects a bid is the committee.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.tenders.pricing import Formula, decimal_in, price_points
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, address, entries, members, number, text

SALT_BYTES: Final = 16
MAX_SEATS: Final = 64
_MAX_CRITERIA: Final = 200
_FEWEST_TO_TRIM: Final = 5
_MAX_SCALE: Final = 6


@dataclass(eq=False)
class EvaluationMalformed(Refused):
    """The criteria or a score sheet are not of their form: where, and what is wrong."""

    path: str


@dataclass(eq=False)
class SheetMismatch(Refused):
    """The score sheet is not the one that its seat committed itself to."""

    seat: int


class Averaging(StrEnum):
    """How the experts' points become one number."""

    MEAN = "mean"
    TRIMMED = "trimmed"  # without the highest and the lowest, from five sheets on


@dataclass(frozen=True, slots=True)
class Criterion:
    """What experts give up to `most` points for."""

    id: str
    most: Decimal


@dataclass(frozen=True, slots=True)
class Criteria:
    """How a lot is evaluated; `scale` decimal places of every result, `price` None without one."""

    points: tuple[Criterion, ...]
    price: Formula | None
    averaging: Averaging
    scale: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One seat's points, by bidder and criterion."""

    seat: int
    points: Mapping[Address, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Score:
    """One bid's result: points by criterion (the price's under "price"), total, rank from 1."""

    bidder: Address
    parts: Mapping[str, Decimal]
    total: Decimal
    rank: int


def read_criteria(value: Any) -> Criteria:
    """Return the criteria in a member of the tender documents; raise `EvaluationMalformed`."""
    try:
        told = members(value, ("points", "price", "averaging", "scale"), "criteria")
        listed = entries(told["points"], "points", limit=_MAX_CRITERIA)
        points = tuple(_criterion(each) for each in listed)
        price = None if told["price"] is None else Formula.read(told["price"])
        averaging = Averaging(text(told["averaging"], "averaging"))
        scale = number(told["scale"], "scale", greatest=_MAX_SCALE)
    except ShapeWrong as exc:
        raise EvaluationMalformed(exc.member) from exc
    except ValueError as exc:
        raise EvaluationMalformed("averaging") from exc
    if len({each.id for each in points}) != len(points) or not (points or price):
        raise EvaluationMalformed("points")
    return Criteria(points, price, averaging, scale)


def write_sheet(sheet: Sheet, salt: bytes) -> bytes:
    """Return a sheet's one spelling, RFC 8785; its SHA-256 is what is committed.

    Raises `EvaluationMalformed` unless the salt has 128 bits or more: points are easily guessed.
    """
    if len(salt) < SALT_BYTES:
        raise EvaluationMalformed("salt")
    points = {
        bidder: {name: str(value) for name, value in given.items()}
        for bidder, given in sheet.points.items()
    }
    told = {"type": "score-sheet", "seat": sheet.seat, "salt": salt.hex(), "points": points}
    return canonical_json(told)


def sheet_digest(encoded: bytes) -> bytes:
    """Return what a seat commits itself to: SHA-256 of its sheet."""
    return hashlib.sha256(encoded).digest()


def read_sheet(encoded: bytes, criteria: Criteria, bidders: Collection[Address]) -> Sheet:
    """Return a sheet; raise `EvaluationMalformed` unless it scores every bid by every criterion.

    `bidders` are those that are evaluated; nobody may be left out, and no other put in.
    """
    try:
        value = parse_object(encoded)
        if canonical_json(value) != encoded:
            raise EvaluationMalformed("")
        told = members(value, ("type", "seat", "salt", "points"), "sheet")
        seat = number(told["seat"], "seat", least=1, greatest=MAX_SEATS)
        is_salted = len(bytes.fromhex(text(told["salt"], "salt"))) >= SALT_BYTES
        given = members(told["points"], bidders, "points")
        points = {address(who, "points"): _points(each, criteria) for who, each in given.items()}
    except ShapeWrong as exc:
        raise EvaluationMalformed(exc.member) from exc
    except (ValueError, LedgerError) as exc:
        if isinstance(exc, EvaluationMalformed):
            raise
        raise EvaluationMalformed("") from exc
    if told["type"] != "score-sheet" or not is_salted:
        raise EvaluationMalformed("type" if is_salted else "salt")
    return Sheet(seat, points)


def revealed(
    committed: Mapping[int, bytes], shown: Mapping[int, bytes]
) -> tuple[Mapping[int, bytes], tuple[int, ...]]:
    """Return the shown sheets by seat, and the seats whose sheets are missing.

    `committed` are the digests on chain, by seat; those of replaced experts are void and not among
    them (招标投标法实施条例 art. 48). Raises `SheetMismatch` for a sheet of another digest.
    """
    for seat, encoded in shown.items():
        if committed.get(seat) != sheet_digest(encoded):
            raise SheetMismatch(seat)
    missing = tuple(sorted(committed.keys() - shown.keys()))
    return dict(sorted(shown.items())), missing


def scores(
    criteria: Criteria, sheets: Sequence[Sheet], prices: Mapping[Address, Decimal]
) -> tuple[Score, ...]:
    """Return the bids' scores, best first.

    `prices` names the bids that are evaluated. Equal totals are ranked by the lower price, then by
    key; whoever wants another rule says so in the documents and lets the committee apply it.

    Raises:
        EvaluationMalformed: without a sheet where points are asked for, and for a price that
            counts and is not above 0.
    """
    if criteria.points and not sheets:
        raise EvaluationMalformed("sheets")
    if criteria.price and any(price <= 0 for price in prices.values()):
        raise EvaluationMalformed("price")
    priced = price_points(criteria.price, prices, criteria.scale) if criteria.price else {}
    found = []
    for bidder in prices:
        parts = {each.id: _average(criteria, each, sheets, bidder) for each in criteria.points}
        if criteria.price:
            parts["price"] = priced[bidder]
        found.append((sum(parts.values(), Decimal(0)), bidder, parts))
    found.sort(key=lambda each: (-each[0], prices[each[1]], each[1].lower()))
    return tuple(
        Score(bidder, parts, total, rank) for rank, (total, bidder, parts) in enumerate(found, 1)
    )


def _average(
    criteria: Criteria, criterion: Criterion, sheets: Sequence[Sheet], bidder: Address
) -> Decimal:
    given = sorted(sheet.points[bidder][criterion.id] for sheet in sheets)
    if criteria.averaging is Averaging.TRIMMED and len(given) >= _FEWEST_TO_TRIM:
        given = given[1:-1]
    mean = sum(given, Decimal(0)) / len(given)
    return mean.quantize(Decimal(1).scaleb(-criteria.scale), ROUND_HALF_UP)


def _criterion(value: Any) -> Criterion:
    told = members(value, ("id", "most"), "points")
    id_ = text(told["id"], "points.id", limit=64)
    if not id_ or id_ == "price":
        raise ShapeWrong("points.id")
    return Criterion(id_, decimal_in(told["most"], "points.most"))


def _points(value: Any, criteria: Criteria) -> Mapping[str, Decimal]:
    told = members(value, [each.id for each in criteria.points], "points")
    found = {}
    for criterion in criteria.points:
        given = decimal_in(told[criterion.id], f"points.{criterion.id}")
        if given > criterion.most:
            raise ShapeWrong(f"points.{criterion.id}")
        found[criterion.id] = given
    return found
