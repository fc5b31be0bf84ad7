"""From an opening record and the committee's sheets to its report: arithmetic, never a judgement.

What the committee decides comes in: whom it rejects and why, who dissents. What follows from the
documents' criteria comes out, the same for whoever has the papers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from ledger.canonical import JsonMalformed, parse_json, parse_object
from ledger.errors import Refused
from ledger.tenders.committee import Rejection, Statement, report
from ledger.tenders.evaluation import Criteria, Score, read_sheet, revealed, scores
from ledger.tenders.personal import Personal, PersonalPaperMalformed
from ledger.tenders.pricing import decimal_in
from ledger.tenders.state import Course
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, address, entries, members, number, text

CANDIDATES: Final = 3
"""At most so many, ranked (招标投标法实施条例 art. 53)."""
_GROUNDS: Final = 7
_SEATS: Final = 64
_LINES: Final = 1_000
_LONGEST: Final = 20_000


@dataclass(eq=False)
class CommitteePaperMalformed(Refused):
    """A paper of the committee is not of its form: where."""

    path: str


@dataclass(eq=False)
class RejectionForeign(Refused):
    """The committee rejects a bid that was not opened, or rejects it twice."""

    bidder: str


@dataclass(eq=False)
class NoneLeft(Refused):
    """Every bid is rejected: there is no report of candidates. See suizheng tender reject-all."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A report's bytes, the bids by rank, and the seats whose sheets were never shown."""

    encoded: bytes
    ranked: tuple[Score, ...]
    missing: tuple[int, ...]

    @property
    def candidates(self) -> tuple[Address, ...]:
        """The best, three at most."""
        return tuple(each.bidder for each in self.ranked)[:CANDIDATES]


@dataclass(frozen=True, slots=True)
class Papers:
    """What the committee brought: sheets by seat, whom it rejects, what members say.

    `personal` is what it found of people's licences in the confidential parts.
    """

    sheets: Mapping[int, bytes]
    rejected: tuple[Rejection, ...] = ()
    statements: tuple[Statement, ...] = ()
    personal: tuple[Personal, ...] = ()


def criteria_for(whole: Criteria, part: int, parts: int) -> Criteria:
    """Return what a part is judged by: no price while the prices are still sealed."""
    return replace(whole, price=None) if part < parts else whole


def prices_in(record: bytes, criteria: Criteria) -> dict[Address, Decimal]:
    """Return the opened bids of a record with their prices, 0 where none counts.

    Raises `CommitteePaperMalformed` for what is no such record.
    """
    try:
        return dict(_priced(each, criteria) for each in parse_object(record)["bids"])
    except (ShapeWrong, KeyError, TypeError, JsonMalformed) as exc:
        raise CommitteePaperMalformed("opening record") from exc


def evaluated(course: Course, record: bytes, criteria: Criteria, papers: Papers) -> Evaluated:
    """Return the report over the bids of a record; `course` says which sheets were committed.

    Raises:
        RejectionForeign, NoneLeft: for rejections of others, or of all.
        PersonalPaperMalformed: for licences in a bid that was not opened.
        SheetMismatch, EvaluationMalformed, StatementForeign: as evaluation and committee do.
        CommitteePaperMalformed: for the record.
    """
    prices = prices_in(record, criteria)
    if any(each.bidder not in prices for each in papers.personal):
        raise PersonalPaperMalformed("bidder")
    for each in papers.rejected:
        if prices.pop(Address(each.bidder), None) is None:
            raise RejectionForeign(each.bidder)
    if not prices:
        raise NoneLeft
    given, missing = revealed(course.scored, papers.sheets)
    sheets = [read_sheet(each, criteria, prices.keys()) for each in given.values()]
    ranked = scores(criteria, sheets, prices)
    said = (papers.rejected, papers.statements, course.seats, missing, papers.personal)
    encoded = report(ranked, *said)
    return Evaluated(encoded, ranked, missing)


def read_rejections(encoded: bytes) -> tuple[Rejection, ...]:
    """Return rejections: a list of {bidder, ground 1 to 7 of R51, reason}."""
    found = []
    for told in _listed(encoded, ("bidder", "ground", "reason"), "rejections"):
        try:
            who = address(told["bidder"], "bidder")
            ground = number(told["ground"], "ground", least=1, greatest=_GROUNDS)
            found.append(Rejection(who, ground, text(told["reason"], "reason", limit=_LONGEST)))
        except ShapeWrong as exc:
            raise CommitteePaperMalformed(f"rejections.{exc.member}") from exc
    return tuple(found)


def read_statements(encoded: bytes) -> tuple[Statement, ...]:
    """Return members' statements: a list of {seat, dissent}, empty for one who signs."""
    found = []
    for told in _listed(encoded, ("seat", "dissent"), "statements"):
        try:
            seat = number(told["seat"], "seat", least=1, greatest=_SEATS)
            found.append(Statement(seat, text(told["dissent"], "dissent", limit=_LONGEST)))
        except ShapeWrong as exc:
            raise CommitteePaperMalformed(f"statements.{exc.member}") from exc
    return tuple(found)


def _priced(row: Mapping[str, Any], criteria: Criteria) -> tuple[Address, Decimal]:
    price = row["price"]
    if price is None:
        if criteria.price is not None:
            raise ShapeWrong("price")
        return Address(row["bidder"]), Decimal(0)
    return Address(row["bidder"]), decimal_in(price["amount"], "price")


def _listed(encoded: bytes, names: Sequence[str], path: str) -> list[Mapping[str, Any]]:
    try:
        listed = entries(parse_json(encoded), path, limit=_LINES)
        return [members(each, names, path) for each in listed]
    except (ShapeWrong, JsonMalformed) as exc:
        raise CommitteePaperMalformed(path) from exc
