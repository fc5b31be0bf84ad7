"""What gates counted, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field

from api.http.forms import WHOLE, Answer, Form, GivenMoment, HexDigest, Moment
from api.http.schemas.shared import AgencyName
from api.services.health_scan_counts import MOST_HOURS, GateHours
from api.services.refusals import PortHour
from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scan_counts import CountedHour, ScanCount
from ledger.health.scans import MAX_NAME
from ledger.values import KeyId

_MOST_ANSWERS = len(Outcome) * (len(Reason) + 1)
_MOST = 2**53 - 1  # what every reader of JSON keeps whole
Number = Annotated[int, Field(ge=1, le=_MOST), WHOLE]


class CountForm(Form):
    """So many people for whom an outcome stands; `reason` null where the gate accepted."""

    outcome: Annotated[Outcome, Field(strict=False)]
    reason: Annotated[Reason, Field(strict=False)] | None
    people: Number


class HourForm(Form):
    """One hour, which begins at `hour`: everybody once. A greater `revision` is a later word."""

    hour: GivenMoment
    revision: Number
    counts: Annotated[list[CountForm], Field(min_length=1, max_length=_MOST_ANSWERS)]

    def counted(self) -> CountedHour:
        """Return the hour."""
        counts = (ScanCount(each.outcome, each.reason, each.people) for each in self.counts)
        return CountedHour(self.hour, self.revision, tuple(counts))


class ScanCountsForm(Form):
    """What one gate of an agency counted at a port; `gate` is the id of its reader key."""

    agency: AgencyName
    gate: HexDigest
    port: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    hours: Annotated[list[HourForm], Field(min_length=1, max_length=MOST_HOURS)]

    def told(self) -> GateHours:
        """Return what the gate tells."""
        return GateHours(KeyId(self.gate), self.port, [each.counted() for each in self.hours])


class StandingHour(Answer):
    """The revision that stands for an hour."""

    hour: Moment
    revision: int


class HandedOverAnswer(Answer):
    """What stands for each hour, in the order sent: a greater revision where one was known."""

    hours: list[StandingHour]

    @classmethod
    def of(cls, stand: Mapping[int, int]) -> Self:
        """Return the revisions as JSON."""
        return cls(hours=[StandingHour(hour=hour, revision=last) for hour, last in stand.items()])


class CountAnswer(Answer):
    """So many people for whom an outcome stands.

    `reason` is the headline of the gate's own answer, null where it accepted: ACCEPT with a reason
    is an officer's word, and so is DENY without one.
    """

    outcome: Outcome
    reason: Reason | None
    people: int


class PortHourAnswer(Answer):
    """What all of an agency's gates at one port counted in the hour that begins at `hour`."""

    hour: Moment
    port: str
    counts: list[CountAnswer]


class ScanCountsAnswer(Answer):
    """Counts by hour and port, oldest first."""

    hours: list[PortHourAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: tuple[Sequence[PortHour], str | None]) -> Self:
        """Return a page of counts and the next cursor as JSON."""
        hours, cursor = page
        told = [
            PortHourAnswer(
                hour=each.hour,
                port=each.port,
                counts=[CountAnswer(**count._asdict()) for count in each.counts],
            )
            for each in hours
        ]
        return cls(hours=told, next_cursor=cursor)
