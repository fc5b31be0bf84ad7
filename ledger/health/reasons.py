"""Why a health code is not simply accepted: the gate's reasons, the first of them the headline."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import Refused


class Reason(StrEnum):
    """The reasons, in the order in which they take the headline.

    After one of the first five the rest of a code is not looked at.
    """

    PREFIX = "PREFIX"
    FORMAT = "FORMAT"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    SIGNATURE = "SIGNATURE"
    CLAIMS = "CLAIMS"
    ANCHOR = "ANCHOR"
    KEY_USAGE = "KEY_USAGE"
    KEY_STATE = "KEY_STATE"
    AGREEMENT = "AGREEMENT"
    STATUS = "STATUS"
    TIME = "TIME"
    STALE_LIST = "STALE_LIST"
    PRESENTATION = "PRESENTATION"
    REPLAY = "REPLAY"
    USES = "USES"
    QUOTA = "QUOTA"
    GRADE = "GRADE"
    RULE = "RULE"
    ID_MISMATCH = "ID_MISMATCH"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, and what was found in a few words; never what a person could be known by."""

    reason: Reason
    detail: str


@dataclass(eq=False)
class CodeRefused(Refused):
    """The code cannot be read as what it should be."""

    reason: Reason
    detail: str
