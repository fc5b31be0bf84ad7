"""What opening records say, as publications need it: who bid, for how much, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from stdnum.cn import uscc

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.tenders.events import Phase
from ledger.tenders.ocds.facts import BidFacts, BidOutcome, Money, OrganisationFacts
from ledger.tenders.opening_record import Cause
from ledger.tenders.state import Course
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, entries

_USCI: Final = "CN-USCI"
_MOST_BIDS: Final = 100_000
_OUTCOMES: Final[Mapping[str, BidOutcome]] = MappingProxyType(
    {
        Cause.WITHDRAWN: BidOutcome.WITHDRAWN,
        Cause.OUTDATED: BidOutcome.WITHDRAWN,
        Cause.UNDISCLOSED: BidOutcome.UNDISCLOSED,
        Cause.REJECTED: BidOutcome.REJECTED,
        Cause.LOT_FAILED: BidOutcome.WITHDRAWN,
        Cause.SHARES_BAD: BidOutcome.UNDISCLOSED,
        Cause.FILE_LOST: BidOutcome.WITHDRAWN,
        Cause.NOT_RELEASED: BidOutcome.WITHDRAWN,
        Cause.UNSEALED_INVALID: BidOutcome.REJECTED,
    }
)
"""What a publication makes of a cause: 撤回 or 撤销 is withdrawn, for either nobody is read out."""


@dataclass(eq=False)
class RecordUnreadable(Refused):
    """The opening record on chain is none that anybody can read."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One bid as its opening left it; no organisation where it was not read out."""

    outcome: BidOutcome
    organisation: OrganisationFacts | None = None
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one part of a lot's opening gave, by the bidders' keys."""

    rows: Mapping[Address, Row]
    ceiling: Money | None


def read_record(encoded: bytes, digest: bytes) -> Reading:
    """Return what a record says; raise `RecordUnreadable` with the record's `digest`."""
    try:
        told = parse_object(encoded)
        rows = {
            Address(each["bidder"]): _opened(each)
            for each in entries(told["bids"], "bids", limit=_MOST_BIDS)
        }
        rows |= {
            Address(each["key"]): Row(_OUTCOMES[each["cause"]])
            for each in entries(told["notOpened"], "notOpened", limit=_MOST_BIDS)
        }
        return Reading(rows, _money(told["ceiling"]))
    except (JsonMalformed, ShapeWrong, KeyError, TypeError) as exc:
        raise RecordUnreadable(digest) from exc


def organisation(code: str, name: str) -> OrganisationFacts:
    """Return an organisation by its code; a scheme is named where the code has that of China.

    统一社会信用代码 (GB 32100) is 18 characters with a check character; samples have none that
    fits, so the shape decides.
    """
    compact = uscc.compact(code)
    is_usci = len(compact) == len("91440000SAMPLE001A") and compact.isalnum()
    scheme = _USCI if is_usci else ""
    return OrganisationFacts(f"{scheme}-{code}" if scheme else code, name, scheme, code)


def joined(earlier: Row | None, later: Row) -> Row:
    """Return a bid after the opening of one more part: names stay, a price comes with part 2."""
    if earlier is None or earlier.organisation is None:
        return later
    value = earlier.value if later.value is None else later.value
    return replace(later, organisation=earlier.organisation, value=value)


def judged(row: Row, bidder: Address, course: Course, rejected: frozenset[Address]) -> BidOutcome:
    """Return what became of a bid by now; `rejected` are those that the reports reject."""
    if row.outcome is not BidOutcome.OPENED:
        return row.outcome
    if bidder in rejected or course.phase is Phase.ALL_REJECTED:
        return BidOutcome.REJECTED
    return BidOutcome.VALID if bidder in course.candidates else BidOutcome.OPENED


def bid_id(lot: int, bidder: Address) -> str:
    """Return a bid's id, the same in every release: its lot and its one-time key."""
    return f"bid-{lot}-{bidder.lower()}"


def bid_facts(lot: int, bidder: Address, row: Row, outcome: BidOutcome, at: int) -> BidFacts:
    """Return a bid of an opened lot."""
    tenderers = () if row.organisation is None else (row.organisation.id,)
    return BidFacts(bid_id(lot, bidder), lot, outcome, at, tenderers, row.value)


def _opened(told: Any) -> Row:
    code, name = told["code"], told["name"]
    if not isinstance(code, str) or not isinstance(name, str):
        raise TypeError("an opened bid without its bidder")
    return Row(BidOutcome.OPENED, organisation(code, name), _money(told["price"]))


def _money(told: Any) -> Money | None:
    return None if told is None else Money(str(told["amount"]), str(told["currency"]))
