"""What is overdue over tenders, as JSON."""

from typing import Self

from api.http.forms import Answer, HexDigest, Moment
from api.services.tender_duties import Overdue, OverdueView
from ledger.tenders.duties import Duty
from ledger.values import Digest


class OverdueAnswer(Answer):
    """A duty whose time is over; `about` is an objection, complaint, question or filing, by id."""

    tender: HexDigest
    duty: Duty
    lot: int | None
    about: HexDigest | None
    due_at: Moment

    @classmethod
    def of(cls, found: Overdue) -> Self:
        """Return one."""
        due = found.due
        return cls(
            tender=Digest(found.tender),
            duty=due.duty,
            lot=due.lot,
            about=None if due.about is None else Digest(due.about),
            due_at=due.due_at,
        )


class OverduesAnswer(Answer):
    """What is overdue for the caller, the longest first; `count` of all, shown or not."""

    overdue: list[OverdueAnswer]
    count: int
    at: Moment

    @classmethod
    def of(cls, view: OverdueView) -> Self:
        """Return it as of the head's time."""
        shown = [OverdueAnswer.of(each) for each in view.shown]
        return cls(overdue=shown, count=view.count, at=view.at)
