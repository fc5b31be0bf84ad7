"""Indicators over one procedure: R003, R018, R030, R035, R036 of Open Contracting's cardinal."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ledger.tenders.collusion.flags import Code, Flag, Strength, flag
from ledger.tenders.collusion.prices import amount

SHORT_DAYS: Final = 15
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class JudgedBid:
    """An opened bid after the report; `at` when it came, in Unix seconds, None where unknown."""

    id: str
    tenderers: tuple[str, ...]
    at: int | None
    price: str | None
    is_rejected: bool = False


@dataclass(frozen=True, slots=True)
class Procedure:
    """One lot from its notice to its report; `winner` the winning bid's id, None without one."""

    id: str
    buyer: str
    published_at: int
    deadline: int
    bids: tuple[JudgedBid, ...]
    winner: str | None = None
    is_price_only: bool = False
    items: tuple[str, ...] = ()
    """Classification codes of what was bought."""


def procedure_flags(procedure: Procedure) -> Iterator[Flag]:
    """Yield what one procedure shows by itself."""
    yield from _short(procedure)
    yield from _alone(procedure)
    yield from _late(procedure)
    yield from _all_but_one(procedure)
    yield from _lowest(procedure)


def price_of(bid: JudgedBid) -> Fraction | None:
    """Return a bid's price."""
    return amount(bid.price)


def _short(procedure: Procedure) -> Iterator[Flag]:
    seconds = procedure.deadline - procedure.published_at
    if seconds < SHORT_DAYS * _DAY:
        evidence = [{"days": f"{seconds / _DAY:.2f}"}]
        yield flag(
            Code.R003, (), evidence, method="submission period", threshold=f"< {SHORT_DAYS} d"
        )


def _alone(procedure: Procedure) -> Iterator[Flag]:
    if len(procedure.bids) == 1:
        ids = [procedure.bids[0].id]
        yield flag(Code.R018, ids, [], method="bids that were opened", threshold="1")


def _late(procedure: Procedure) -> Iterator[Flag]:
    """A late bid that won: impossible here, so an alarm."""
    for bid in procedure.bids:
        if bid.id == procedure.winner and bid.at is not None and bid.at >= procedure.deadline:
            evidence = [{"at": str(bid.at), "deadline": str(procedure.deadline)}]
            yield flag(
                Code.R030,
                [bid.id],
                evidence,
                method="time of the winning bid",
                threshold="< deadline",
                strength=Strength.STRONG,
            )


def _all_but_one(procedure: Procedure) -> Iterator[Flag]:
    losers = [bid for bid in procedure.bids if bid.id != procedure.winner]
    if procedure.winner is not None and losers and all(bid.is_rejected for bid in losers):
        ids = [bid.id for bid in losers]
        yield flag(Code.R035, ids, [], method="rejected bids", threshold="all but the winner")


def _lowest(procedure: Procedure) -> Iterator[Flag]:
    priced = [(price, bid) for bid in procedure.bids if (price := price_of(bid)) is not None]
    if not procedure.is_price_only or procedure.winner is None or not priced:
        return
    lowest = min(price for price, _ in priced)
    ids = [bid.id for price, bid in priced if price == lowest and bid.is_rejected]
    if ids:
        evidence = [{"price": str(float(lowest))}]
        yield flag(
            Code.R036, ids, evidence, method="rejected bids under price only", threshold="lowest"
        )
