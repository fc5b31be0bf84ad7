"""What a check is told, what it finds, and how it reads JSON that a stranger wrote."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ledger.tenders.ocds.facts import LotFacts
from ledger.values import Root

Json = Mapping[str, Any]


class Fault(StrEnum):
    """What may be wrong with a release; stable codes."""

    PERIOD_REVERSED = "ocds.period-reversed"
    DATES_UNORDERED = "ocds.dates-unordered"
    DEADLINE_DIFFERS = "ocds.deadline-differs"
    ORGANISATION_DANGLING = "ocds.organisation-dangling"
    BID_DANGLING = "ocds.bid-dangling"
    AWARD_DANGLING = "ocds.award-dangling"
    CURRENCY_MIXED = "ocds.currency-mixed"
    AWARD_OVER_CEILING = "ocds.award-over-ceiling"
    TAG_WITHOUT_CONTENT = "ocds.tag-without-content"
    STATISTICS_DIFFER = "ocds.statistics-differ"
    STATUS_DIFFERS = "ocds.status-differs"
    DIGEST_DIFFERS = "ocds.digest-differs"
    PROOF_DIFFERS = "ocds.proof-differs"
    ROOT_UNKNOWN = "ocds.root-unknown"
    ROOT_LATE = "ocds.root-late"
    BIDDERS_EARLY = "ocds.bidders-early"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where (a JSON pointer, RFC 6901), what the release says, what is so."""

    code: Fault
    place: str
    given: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tender without the release: from the chain, its policy and its files.

    `contents` holds the bytes of documents by their id, as many as there are at hand;
    `anchored_at` every root on chain that may be named, and the time of its block, single digests
    that stand there among them; `dropped_awards` the ids of those that a review took back.
    """

    lots: tuple[LotFacts, ...]
    submission_end: int
    currency: str
    contents: Mapping[str, bytes] = field(default_factory=dict)
    anchored_at: Mapping[Root, int] = field(default_factory=dict)
    dropped_awards: frozenset[str] = frozenset()


def member(parent: Any, *path: str) -> Any:
    """Return what lies at the end of a path of names, None where it breaks off."""
    for name in path:
        parent = parent.get(name) if isinstance(parent, Mapping) else None
    return parent


def objects(parent: Any, *path: str) -> Iterator[tuple[str, Json]]:
    """Yield the objects in the list at a path, each with its pointer."""
    found = member(parent, *path)
    if isinstance(found, list):
        for index, each in enumerate(found):
            if isinstance(each, Mapping):
                yield f"/{'/'.join(path)}/{index}", each


def texts(parent: Any, *path: str) -> Iterator[tuple[str, str]]:
    """Yield the strings in the list at a path, each with its pointer."""
    found = member(parent, *path)
    if isinstance(found, list):
        for index, each in enumerate(found):
            if isinstance(each, str):
                yield f"/{'/'.join(path)}/{index}", each


def nodes(parent: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every object inside `parent`, itself included, with its pointer; without recursion."""
    waiting = [(place, parent)]
    while waiting:
        at, found = waiting.pop()
        if isinstance(found, Mapping):
            yield at, found
            waiting += [(f"{at}/{_escaped(name)}", each) for name, each in found.items()]
        elif isinstance(found, list):
            waiting += [(f"{at}/{index}", each) for index, each in enumerate(found)]


def scalar(value: Any) -> str | int | None:
    """Return an id or a code; None for what is none."""
    return value if isinstance(value, str | int) else None


def seconds(value: Any) -> float | None:
    """Return a date-time in Unix seconds; None for what is none, or has no zone."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return None if moment.tzinfo is None else moment.timestamp()


def amount(value: Any) -> Decimal | None:
    """Return a JSON number as a decimal; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(str(value))


def hash_of(value: Any) -> bytes | None:
    """Return a hash of 32 bytes from hexadecimal with or without 0x; None for what is none."""
    try:
        raw = bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        return None
    return raw if len(raw) == 32 else None  # noqa: PLR2004  # every hash here


def _escaped(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
