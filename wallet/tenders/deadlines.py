"""The ends that a tender gets: never earlier than the law's, counted by the policy's calendar."""

from dataclasses import astuple
from typing import Final

from ledger.tenders.errors import EndNotLater
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import (
    Ends,
    check_amendment,
    check_notice,
    check_submission,
    check_windows,
    legal_end,
    usual_ends,
)

SLACK_SECONDS: Final = 3_600
"""Where the program chooses an end: the law's, as if it were counted an hour later (proposed)."""
END_NAMES: Final = ("submitEnd", "listEnd", "discloseEnd", "releaseEnd", "fallbackEnd")


def ends_of_publication(
    policy: TenderPolicy, at: int, submit_end: int | None, *, mailbox: bool
) -> Ends:
    """Return the ends of a tender published at `at`, in Unix seconds; the earliest without a wish.

    Raises:
        PolicyViolated: where bidders would have less time than the law gives.
        CalendarUnknown: where the calendar says nothing of the days it needs.
    """
    chosen = submit_end or legal_end(policy, "submission", at + SLACK_SECONDS).at
    check_submission(policy, at, chosen)
    ends = usual_ends(policy, chosen, mailbox=mailbox)
    check_windows(policy, ends, mailbox=mailbox)
    return ends


def ends_of_amendment(
    policy: TenderPolicy, at: int, present: Ends, submit_end: int | None, *, affects_bids: bool
) -> Ends:
    """Return the ends after an amendment at `at`; all windows move as far as the deadline does.

    Raises:
        EndNotLater: for a deadline before the present one.
        And as `ends_of_publication`, for an amendment that affects bids.
    """
    chosen = submit_end or present.submit_end
    if affects_bids and "amendment" in policy.periods:
        if submit_end is None:
            chosen = max(chosen, legal_end(policy, "amendment", at + SLACK_SECONDS).at)
        check_amendment(policy, at, chosen)
    if chosen < present.submit_end:
        raise EndNotLater(present.submit_end, chosen)
    return Ends(*(each + chosen - present.submit_end for each in astuple(present)))


def end_of_notice(policy: TenderPolicy, at: int, until: int | None) -> int:
    """Return when a notice of candidates published at `at` is over; the earliest without a wish.

    A policy without such a period lets it be over at once.

    Raises:
        PolicyViolated: where the law gives more time to object.
        CalendarUnknown: where the calendar says nothing of the days it needs.
    """
    if until is not None:
        chosen = until
    elif "notice" in policy.periods:
        chosen = legal_end(policy, "notice", at + SLACK_SECONDS).at
    else:
        chosen = at + SLACK_SECONDS
    check_notice(policy, at, chosen)
    return chosen
