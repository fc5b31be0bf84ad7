"""Joint bids 联合体: the lowest grade of a trade counts, and nobody bids twice.

What is found here are flags {code, bids, law}, shown to the committee; it decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import Refused
from ledger.values import Address

GRADES: Final = ("特级", "一级", "二级", "三级", "不分等级")
"""Grades of construction qualifications, the best first."""


class BidFlag(StrEnum):
    """What the committee is to look at."""

    TWO_BIDS = (
        "TWO_BIDS"  # one organisation under two keys: R51(4) unless alternatives are asked for
    )
    JOINT_CLASH = "JOINT_CLASH"  # a member of a joint bid also elsewhere: R37, all of them void
    NO_AGREEMENT = "NO_AGREEMENT"  # a joint bid without its agreement: R51(2)


@dataclass(eq=False)
class GradeUnknown(Refused):
    """The grade is none that is ranked."""

    grade: str


@dataclass(frozen=True, slots=True)
class Qualification:
    """A trade and the grade in it, as a licence says."""

    trade: str
    grade: str


@dataclass(frozen=True, slots=True)
class Bidders:
    """Who stands behind a key: organisations by jurisdiction and code, several in a joint bid.

    `has_agreement` tells whether the joint bid brought its agreement (招标投标法 art. 31), `shown`
    whose licences it shows: nobody is a member for that, but nobody's may stand in two bids.
    """

    key: Address
    organisations: tuple[str, ...]
    has_agreement: bool = True
    shown: tuple[str, ...] = ()

    @property
    def is_joint(self) -> bool:
        """Whether several organisations bid together."""
        return len(self.organisations) > 1


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag, the bids that it is about, the organisation, and the article."""

    code: BidFlag
    bids: tuple[Address, ...]
    organisation: str
    law: str


def joint_grades(
    members: Sequence[Sequence[Qualification]], grades: Sequence[str] = GRADES
) -> Mapping[str, str]:
    """Return the grade of a joint bid in each trade that any member has (招标投标法 art. 31).

    Of members with the same trade the lowest counts; one member's own best grade is its grade.
    Raises `GradeUnknown` for one that `grades` does not rank.
    """
    found: dict[str, int] = {}
    for member in members:
        own: dict[str, int] = {}
        for each in member:
            rank = _rank(each.grade, grades)
            own[each.trade] = min(own.get(each.trade, rank), rank)
        for trade, rank in own.items():
            found[trade] = max(found.get(trade, rank), rank)
    return {trade: grades[rank] for trade, rank in found.items()}


def clashes(bids: Iterable[Bidders]) -> tuple[Flagged, ...]:
    """Return what is wrong with who bids in one lot, by organisation in order of appearance."""
    behind: dict[str, list[Bidders]] = defaultdict(list)
    flags = []
    for bid in bids:
        for organisation in dict.fromkeys((*bid.organisations, *bid.shown)):
            behind[organisation].append(bid)
        if bid.is_joint and not bid.has_agreement:
            flags.append(Flagged(BidFlag.NO_AGREEMENT, (bid.key,), bid.organisations[0], "R51(2)"))
    for organisation, several in behind.items():
        if len(several) > 1:
            flags.append(_clash(organisation, several))
    return tuple(flags)


def _clash(organisation: str, several: Sequence[Bidders]) -> Flagged:
    keys = tuple(each.key for each in several)
    if any(each.is_joint for each in several):
        return Flagged(BidFlag.JOINT_CLASH, keys, organisation, "R37")
    return Flagged(BidFlag.TWO_BIDS, keys, organisation, "R51(4)")


def _rank(grade: str, grades: Sequence[str]) -> int:
    if grade not in grades:
        raise GradeUnknown(grade)
    return grades.index(grade)
