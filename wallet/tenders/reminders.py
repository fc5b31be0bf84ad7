"""What a bidder has to do next, and when to be reminded of it: 24 h and 1 h before, and at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.chain.tender_reading import BidAsStored, TenderReader
from ledger.tenders.events import FINAL_PHASES
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import BidState
from ledger.values import Address
from wallet.tenders.bids import BidPlace
from wallet.tenders.mailboxes import Letterbox

LEADS: Final = (86_400, 3_600, 0)
"""Seconds before a step begins, or a bid is late, at which its bidder is reminded."""


class Step(StrEnum):
    """What a bidder still has to do."""

    SUBMIT = "submit"
    LIST = "list"
    DISCLOSE = "disclose"


@dataclass(frozen=True, slots=True)
class Duty:
    """A step that is due: from `opens_at` on, before `closes_at`, in Unix seconds.

    To submit there is time already; `opens_at` is the deadline too.
    """

    step: Step
    part: int
    opens_at: int
    closes_at: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "step": self.step.value,
            "part": self.part,
            "opensAt": self.opens_at,
            "closesAt": self.closes_at,
        }


@dataclass(frozen=True, slots=True)
class Reminder:
    """That a duty is due in no more than `lead` seconds; with 0 it is due now."""

    duty: Duty
    lead: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**self.duty.to_json(), "lead": self.lead}


def duties(
    ends: Mapping[int, Ends], bid: BidAsStored, *, newest: int, posted: int
) -> tuple[Duty, ...]:
    """Return what is still to be done for a bid, first things first, windows that are over too.

    `ends` by part, without parts that are not begun; `newest` is the highest version that was
    signed here, `posted` the highest that lies in a mailbox, 0 for none.
    """
    found = []
    first = ends[1]
    if newest > max(bid.version, posted):
        found.append(Duty(Step.SUBMIT, 1, first.submit_end, first.submit_end))
    is_unlisted = posted > bid.version
    if is_unlisted:
        found.append(Duty(Step.LIST, 1, first.submit_end, first.list_end))
    if bid.state is BidState.LIVE or is_unlisted:
        found += [
            Duty(Step.DISCLOSE, part, each.list_end, each.disclose_end)
            for part, each in sorted(ends.items())
            if not bid.disclosed & part and not (part > 1 and bid.is_rejected)
        ]
    return tuple(found)


def next_duty(due: Iterable[Duty], at: int) -> Duty | None:
    """Return the first step that is not too late at `at`; None where nothing is left to do."""
    return next((each for each in due if at < each.closes_at), None)


def reminder_due(due: Iterable[Duty], at: int) -> Reminder | None:
    """Return the reminder that is due at `at`, the latest of its duty's; None before the first."""
    duty = next_duty(due, at)
    if duty is None:
        return None
    passed = [lead for lead in LEADS if at >= duty.opens_at - lead]
    return Reminder(duty, passed[-1]) if passed else None


def read_duties(reader: TenderReader, kept: BidPlace, bidder: Address) -> tuple[Duty, ...]:
    """Return what is still to be done for a kept bid, as the chain says; none once it is over."""
    stored = reader.tender(kept.tender)
    part = reader.current_part(kept.tender)
    if reader.phase(kept.tender, kept.lot, part, stored.at) in FINAL_PHASES:
        return ()
    letters = Letterbox(kept).letters()
    posted = letters[0].message.version if letters else 0
    return duties(
        {each: reader.ends(kept.tender, each) for each in range(1, part + 1)},
        reader.bid(kept.tender, kept.lot, bidder),
        newest=max(posted, kept.newest().message.version),
        posted=posted,
    )
