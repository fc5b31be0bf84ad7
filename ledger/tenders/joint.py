"""Joint bids 联合体: the lowest grade of a trade counts, and nobody bids twice.

What is found here are flags {code, bids, law}, shown to the committee; it decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.tenders.shown_licences import Qualification, organisation_of, shown_in
from ledger.values import Address

_SCALES: Final = (("特级", "一级", "二级", "三级"), ("甲级", "乙级", "丙级", "丁级"))
"""Grades of qualifications, the best of each scale first; those of two scales do not compare."""


class BidFlag(StrEnum):
    """What the committee is to look at."""

    TWO_BIDS = (
        "TWO_BIDS"  # one organisation under two keys: R51(4) unless alternatives are asked for
    )
    JOINT_CLASH = "JOINT_CLASH"  # a member of a joint bid also elsewhere: R37, all of them void
    NO_AGREEMENT = "NO_AGREEMENT"  # a joint bid without its agreement: R51(2)


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


def joint_grades(members: Iterable[Iterable[Qualification]]) -> Mapping[str, str | None]:
    """Return the grade of a joint bid in each trade that any member has (招标投标法 art. 31).

    Of members with the same trade the lowest counts; one member's own best grade is its grade. None
    where grades do not compare: that is the committee's to say.
    """
    found: dict[str, list[str | None]] = defaultdict(list)
    for member in members:
        own: dict[str, list[str]] = defaultdict(list)
        for each in member:
            own[each.trade].append(each.grade)
        for trade, grades in own.items():
            found[trade].append(_end_of(grades, 0))
    return {trade: _end_of(grades, -1) for trade, grades in found.items()}


def grades_in(said: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """Return {trade, grade} of a joint bid's manifest, as the licences that it shows tell them.

    What each licence is worth, `shown_licences.results` tells.
    """
    by_member: dict[str, list[Qualification]] = defaultdict(list)
    for each in shown_in(said):
        if each.holder == each.identity["code"]:
            by_member[organisation_of(each.identity)] += each.qualifications
    grades = joint_grades(by_member.values())
    return [{"trade": trade, "grade": grade} for trade, grade in sorted(grades.items())]


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


def _end_of(grades: Sequence[str | None], place: int) -> str | None:
    """Return the best (0) or the lowest (-1) of grades, None where they do not compare."""
    told = set(grades)
    if len(told) == 1:
        return grades[0]
    for scale in _SCALES:
        if told <= set(scale):
            return [each for each in scale if each in told][place]
    return None
