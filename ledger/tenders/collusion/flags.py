"""A flag: what was seen, in which bids, how, against which bound, and which rule speaks of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Every signal; `R` and three digits are the indicators of Open Contracting's cardinal."""

    SAME_DEVICE = "SAME_DEVICE"
    SAME_UPLOAD = "SAME_UPLOAD"
    SAME_FILE = "SAME_FILE"
    SAME_IMAGE = "SAME_IMAGE"
    SAME_AUTHOR = "SAME_AUTHOR"
    NEAR_TEXT = "NEAR_TEXT"
    SAME_STAFF = "SAME_STAFF"
    SAME_AGENT = "SAME_AGENT"
    SAME_PAYER = "SAME_PAYER"
    RELATED = "RELATED"
    PRICE_EQUAL = "PRICE_EQUAL"
    PRICE_PATTERN = "PRICE_PATTERN"
    R003 = "R003"
    R018 = "R018"
    R024 = "R024"
    R025 = "R025"
    R030 = "R030"
    R035 = "R035"
    R036 = "R036"
    R038 = "R038"
    R048 = "R048"
    R058 = "R058"


class Strength(StrEnum):
    """How much a flag says; a reader's order, not a probability."""

    WEAK = "weak"
    PLAIN = "plain"
    STRONG = "strong"


_R: Final = "招标投标法实施条例 art. "
LAW: Final[Mapping[Code, str]] = {
    Code.SAME_DEVICE: f"{_R}40(1)",
    Code.SAME_UPLOAD: f"{_R}40(1)",
    Code.SAME_FILE: f"{_R}40(5)",
    Code.SAME_IMAGE: f"{_R}40(5)",
    Code.SAME_AUTHOR: f"{_R}40(1)",
    Code.NEAR_TEXT: f"{_R}40(4)",
    Code.SAME_STAFF: f"{_R}40(3)",
    Code.SAME_AGENT: f"{_R}40(2)",
    Code.SAME_PAYER: f"{_R}40(6)",
    Code.RELATED: f"{_R}34",
    Code.PRICE_EQUAL: f"{_R}40(4)",
    Code.PRICE_PATTERN: f"{_R}40(4)",
}
"""The article that speaks of a signal; of indicators none does."""

Evidence = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flag:
    """One signal over some bids, or over a procedure or a party, which its evidence then names."""

    code: Code
    bids: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    method: str
    threshold: str
    law: str
    strength: Strength = Strength.PLAIN


@dataclass(frozen=True, slots=True)
class Unlooked:
    """Signals that nobody looked for, and why; `about` is the procedure, empty for these bids.

    That they are absent from the flags says nothing.
    """

    codes: tuple[Code, ...]
    reason: str
    about: str = ""


def flag(  # the six members that a flag has
    code: Code,
    bids: Iterable[str],
    evidence: Iterable[Evidence],
    *,
    method: str,
    threshold: str,
    strength: Strength = Strength.PLAIN,
) -> Flag:
    """Return a flag, its bids in order, with the article that speaks of it."""
    told = tuple(sorted(set(bids))), tuple(evidence)
    return Flag(code, *told, method, threshold, LAW.get(code, ""), strength)
