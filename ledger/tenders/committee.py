"""The evaluation report: who signed, who dissents, whose silence counts as consent (R53)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.canonical import canonical_json
from ledger.errors import Refused
from ledger.tenders import personal
from ledger.tenders.evaluation import Score
from ledger.tenders.personal import Personal


class Consent(StrEnum):
    """How a member stands to the report (招标投标法实施条例 art. 53)."""

    SIGNED = "signed"
    DISSENTED = "dissented"  # in writing, with reasons
    SILENT = "silent"  # refused to sign and gave no reasons: counts as consent


@dataclass(eq=False)
class StatementForeign(Refused):
    """The statement is by somebody who has no seat, or dissents without a reason."""

    seat: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a member says of the report; `dissent` its text, empty for one who signed."""

    seat: int
    dissent: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A bid that the committee rejects, with the number of R51's list, 1 to 7, and why."""

    bidder: str
    number: int
    reason: str


def consents(seats: int, said: Sequence[Statement]) -> Mapping[int, Consent]:
    """Return how each seat stands; raise `StatementForeign` for one that is not of the committee.

    Also for two statements of one seat.
    """
    found = dict.fromkeys(range(1, seats + 1), Consent.SILENT)
    for each in said:
        if found.get(each.seat) is not Consent.SILENT:
            raise StatementForeign(each.seat)
        found[each.seat] = Consent.DISSENTED if each.dissent.strip() else Consent.SIGNED
    return found


def report(
    scores: Sequence[Score],
    rejected: Sequence[Rejection],
    said: Sequence[Statement],
    seats: int,
    missing: Sequence[int] = (),
    found: Sequence[Personal] = (),
) -> bytes:
    """Return the report as RFC 8785 JSON, recomputed by whoever has the sheets.

    `missing` are seats whose sheets were committed and never shown: they are named as missing.
    `found` tells of people's licences without the people; a report without any is silent.
    """
    stand = consents(seats, said)
    dissents = {each.seat: each.dissent for each in said}
    told: dict[str, Any] = {
        "type": "evaluation-report",
        "scores": [
            {
                "bidder": each.bidder,
                "rank": each.rank,
                "parts": {name: str(value) for name, value in each.parts.items()},
                "total": str(each.total),
            }
            for each in scores
        ],
        "rejected": [
            {"bidder": each.bidder, "law": f"R51({each.number})", "reason": each.reason}
            for each in rejected
        ],
        "members": [
            {"seat": seat, "consent": how.value, "dissent": dissents.get(seat, "")}
            for seat, how in stand.items()
        ],
        "missingSheets": sorted(missing),
    }
    if found:
        told["personalLicences"] = personal.rows(found)
    return canonical_json(told)


def report_digest(encoded: bytes) -> bytes:
    """Return what the ledger keeps of a report: its SHA-256."""
    return hashlib.sha256(encoded).digest()
