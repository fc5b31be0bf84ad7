"""What OCDS calls the states of a tender: its closed codes, and ours mapped to them."""

from collections.abc import Iterable, Mapping
from typing import Final

from ledger.tenders.ocds.facts import BidOutcome, Change, LotState, TenderFacts

PLANNED: Final = "planned"
ACTIVE: Final = "active"
PENDING: Final = "pending"
COMPLETE: Final = "complete"
UNSUCCESSFUL: Final = "unsuccessful"
CANCELLED: Final = "cancelled"
TERMINATED: Final = "terminated"

LOT_STATUS: Final[Mapping[LotState, str]] = {
    LotState.DRAFT: PLANNED,
    LotState.RECEIVING: ACTIVE,
    LotState.LISTING: ACTIVE,
    LotState.DISCLOSURE: ACTIVE,
    LotState.RELEASE: ACTIVE,
    LotState.FALLBACK: ACTIVE,
    LotState.OPENED: ACTIVE,
    LotState.EVALUATED: ACTIVE,
    LotState.NOTICE: ACTIVE,
    LotState.FAILED_FEW: UNSUCCESSFUL,
    LotState.NOT_OPENED: UNSUCCESSFUL,
    LotState.ALL_REJECTED: UNSUCCESSFUL,
    LotState.AWARDED: COMPLETE,
    LotState.CONTRACTED: COMPLETE,
    LotState.TERMINATED: CANCELLED,
    LotState.VOIDED: CANCELLED,
}
AWARD_STATUS: Final[Mapping[LotState, str]] = {
    LotState.NOTICE: PENDING,
    LotState.AWARDED: ACTIVE,
    LotState.CONTRACTED: ACTIVE,
    LotState.TERMINATED: CANCELLED,
    LotState.VOIDED: CANCELLED,
}
BID_STATUS: Final[Mapping[BidOutcome, str]] = {
    BidOutcome.OPENED: PENDING,
    BidOutcome.VALID: "valid",
    BidOutcome.REJECTED: "disqualified",
    BidOutcome.WITHDRAWN: "withdrawn",
    BidOutcome.UNDISCLOSED: "withdrawn",
}
TAG: Final[Mapping[Change, str]] = {
    Change.DRAFTED: "tender",
    Change.PUBLISHED: "tender",
    Change.AMENDED: "tenderAmendment",
    Change.ANSWERED: "tenderUpdate",
    Change.SUSPENDED: "tenderUpdate",
    Change.RESUMED: "tenderUpdate",
    Change.CLOSED: "tenderUpdate",
    Change.OPENED: "tenderUpdate",  # OCDS has no tag for an opening
    Change.FAILED: "tenderUpdate",
    Change.REPORTED: "tenderUpdate",
    Change.NOTICED: "award",
    Change.AWARDED: "awardUpdate",
    Change.CONTRACTED: "contract",
    Change.TERMINATED: "tenderCancellation",
    Change.VOIDED: "awardCancellation",
}
_FIRST: Final = (ACTIVE, COMPLETE, UNSUCCESSFUL, CANCELLED)
"""Which status of a lot decides over the tender's: while one lot is under way, so is the tender."""


def tag_of(facts: TenderFacts) -> str:
    """Return the release's tag; a draft with a plan is planning, a voided call a cancellation."""
    if facts.change is Change.DRAFTED and facts.planning is not None:
        return "planning"
    if facts.change is Change.VOIDED and not facts.awards:
        return "tenderCancellation"
    return TAG[facts.change]


def tender_status(states: Iterable[LotState]) -> str:
    """Return a tender's status from those of its lots."""
    found = {LOT_STATUS[state] for state in states}
    return next((status for status in _FIRST if status in found), PLANNED)


def contract_status(state: LotState, *, is_signed: bool) -> str:
    """Return the status of the contract about a lot in `state`."""
    if state is LotState.VOIDED:
        return TERMINATED if is_signed else CANCELLED
    return ACTIVE if is_signed else PENDING
