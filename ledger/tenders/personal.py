"""People's licences in a bid's confidential part: judged by those who may open it, told by codes.

They are judged as of the deadline like the firm's, each bound to its holder's own key. What leaves
the committee's room names the bid, the requirement and the verdict, and nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import JsonMalformed, canonical_json, parse_object
from ledger.errors import Refused
from ledger.tenders.shown_licences import Result, Standing
from ledger.values import Address
from ledger.verification.check import rfc3339
from ledger.verification.shape import ShapeWrong, address, entries, members, text

FOLDER: Final = "licences/"
"""Where presentations stand among the confidential files, each an SD-JWT or a proof file."""
_TYPE: Final = "personal-licences"
_MOST: Final = 64


@dataclass(eq=False)
class PersonalPaperMalformed(Refused):
    """The paper about personal licences is not of its form: where."""

    member: str


@dataclass(frozen=True, slots=True)
class Personal:
    """How one bid stands to a requirement that people meet."""

    bidder: Address
    requirement: str
    verdict: Standing


def paper(bidder: Address, at: int, results: Sequence[Result]) -> bytes:
    """Return the paper for the committee's report; `at` is the deadline, in Unix seconds."""
    told: Mapping[str, Any] = {
        "type": _TYPE,
        "bidder": bidder,
        "at": rfc3339(at),
        "results": [each.told() for each in results],
    }
    return canonical_json(told)


def read(encoded: bytes) -> tuple[Personal, ...]:
    """Return what a paper says; raise `PersonalPaperMalformed`."""
    try:
        told = members(parse_object(encoded), ("type", "bidder", "at", "results"), _TYPE)
        bidder = address(told["bidder"], "bidder")
        listed = entries(told["results"], "results", limit=_MOST)
        return tuple(_read(bidder, each) for each in listed)
    except ShapeWrong as exc:
        raise PersonalPaperMalformed(exc.member) from exc
    except JsonMalformed as exc:
        raise PersonalPaperMalformed("") from exc


def rows(found: Iterable[Personal]) -> list[dict[str, str]]:
    """Return what a report says of them."""
    return [
        {"bidder": each.bidder, "requirement": each.requirement, "verdict": each.verdict.value}
        for each in sorted(found, key=lambda each: (each.bidder.lower(), each.requirement))
    ]


def personal_in(row: Mapping[str, Any]) -> Personal:
    """Return what a report's row says; raise `KeyError` or `ValueError` for what is none."""
    return Personal(Address(row["bidder"]), str(row["requirement"]), Standing(row["verdict"]))


def _read(bidder: Address, value: Any) -> Personal:
    told = members(value, ("requirement", "verdict", "reasons"), "results")
    verdict = text(told["verdict"], "verdict")
    if verdict not in set(Standing):
        raise ShapeWrong("verdict")
    return Personal(bidder, text(told["requirement"], "requirement", limit=64), Standing(verdict))
