"""Step 2: every period against the policy's law and the calendar, in days and not in seconds."""

from collections.abc import Callable
from typing import Final

from ledger.errors import Refused
from ledger.tenders import events
from ledger.tenders.audit import dues, leads
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.report import fault, judged, skipped
from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import TenderEvent
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import (
    check_amendment,
    check_notice,
    check_submission,
    check_windows,
)
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.state import TenderState
from ledger.tenders.suspensions import clock
from ledger.verification.check import Check

History = list[tuple[TenderEvent, TenderState]]
"""Each event of the tender after its publication, with the state before it."""


ELSEWHERE: Final = ("openingRecord", "objectionAnswer")
"""Periods that the steps of openings and objections judge."""
_HERE: Final = ("submission", "amendment", "notice", leads.LEAD, *dues.PERIODS)


def check_clocks(
    bundle: TenderBundle,
    first: events.TenderPublished,
    history: History,
    state: TenderState,
    at: int,
) -> Check:
    """Demand the law's time to bid, after amendments, and of notices; the windows' bounds too.

    So do the periods between steps (`dues`), and before the deadline (`leads`). A year without a
    calendar leaves the question open. Periods of the policy that neither events nor papers tell of
    are named as not judged.
    """
    policy = bundle.policy
    if policy is None:
        return skipped("clocks", "no-policy")
    if terms_of(policy).id != first.announcement.policy:
        return skipped("clocks", "policy-differs")
    faults, open_ = dues.late(policy, bundle.own, state, at)
    filed = leads.filed_at(bundle.filings, bundle.tender)
    breaches, doubts = leads.misled(policy, first, history, filed)
    faults, open_ = [*faults, *breaches], [*open_, *doubts]
    for event, check in _questions(policy, first, history):
        try:
            check()
        except CalendarUnknown as unknown:
            open_.append(fault(event.place, unknown))
        except Refused as refused:
            faults.append(fault(event.place, refused))
    left = sorted(policy.periods.keys() - {*_HERE, *ELSEWHERE})
    return judged("clocks", faults, open_, {"notJudged": left})


def _questions(
    policy: TenderPolicy, first: events.TenderPublished, history: History
) -> list[tuple[TenderEvent, Callable[[], None]]]:
    announced = first.announcement
    has_mailbox = any(announced.mailbox)
    found: list[tuple[TenderEvent, Callable[[], None]]] = [
        (
            first,
            lambda: check_submission(policy, first.place.block_time, announced.ends.submit_end),
        ),
        (first, lambda: check_windows(policy, announced.ends, mailbox=has_mailbox)),
    ]
    for event, before in history:
        now = clock(before.suspension, event.place.block_time)
        match event:
            case events.TenderAmended(affects_bids=True):
                found.append((event, _later(check_amendment, policy, now, event.ends.submit_end)))
            case events.NoticePublished():
                found.append((event, _later(check_notice, policy, now, event.until)))
    return found


def _later(
    check: Callable[[TenderPolicy, int, int], None], policy: TenderPolicy, start: int, end: int
) -> Callable[[], None]:
    return lambda: check(policy, start, end)
