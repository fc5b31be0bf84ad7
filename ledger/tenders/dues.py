"""When the law wants something done, by the calendar of the tender's policy.

The contract counts seconds and tells when others may go on; what is overdue in law is told here.
"""

from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import ComplaintState
from ledger.tenders.policy.document import TenderPolicy, preset, presets
from ledger.tenders.policy.ends import legal_end
from ledger.tenders.policy.terms import Terms, terms_of
from ledger.tenders.state import Complaint, Objection


def policy_of(terms: Terms) -> TenderPolicy | None:
    """Return the policy with a calendar whose terms these are; None where it is none of ours."""
    return next((preset(each) for each in presets() if terms_of(preset(each)) == terms), None)


def answer_due(terms: Terms, filed_at: int) -> int | None:
    """Return when an answer is due: by the law's calendar, never before the contract's end.

    None where the policy says nothing of it. Without a calendar, or in a year that it does not
    cover, the contract's seconds count.
    """
    if not terms.answer_within:
        return None
    counted = filed_at + terms.answer_within
    policy = policy_of(terms)
    if policy is None:
        return counted
    try:
        return max(counted, legal_end(policy, "objectionAnswer", filed_at).at)
    except CalendarUnknown:
        return counted


def is_overdue(objection: Objection, terms: Terms, at: int) -> bool:
    """Whether an objection got no answer in the law's time: a later one, or none until `at`.

    The contract's own end only tells when a complaint may follow (R60): it counts no holidays.
    """
    due = answer_due(terms, objection.lodged_at)
    return due is not None and (objection.answered_at or at) >= due


def due_of(terms: Terms, period: str, start: int) -> int | None:
    """Return when what began at `start` has to be done by, in Unix seconds.

    None where nobody can say: the policy is none of ours or has no such period, or the calendar
    does not cover the days.
    """
    policy = policy_of(terms)
    if policy is None or period not in policy.periods:
        return None
    try:
        return legal_end(policy, period, start).at
    except CalendarUnknown:
        return None


def complaint_due(complaint: Complaint, terms: Terms) -> int | None:
    """Return when the supervisor's next step on a complaint is due; None where none is.

    A pending one is to be accepted or not, an accepted one to be decided (实施条例 art. 61).
    """
    match complaint.state:
        case ComplaintState.PENDING:
            return due_of(terms, "complaintAccept", complaint.moved_at)
        case ComplaintState.ACCEPTED:
            return due_of(terms, "complaintDecide", complaint.moved_at)
        case _:
            return None
