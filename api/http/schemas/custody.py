"""Places and the exemption list as JSON."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field

from api.http.forms import WHOLE, Answer, Form, GivenMoment, HexDigest, Moment
from api.http.schemas.health_codes import Octets
from api.http.schemas.health_scans import HexId
from api.http.schemas.licences import Jwk
from api.http.schemas.shared import AgencyName, open_end
from api.services.custody_exemptions import ExemptionFile, ExemptionView
from api.services.custody_places import PlaceOrder
from api.services.refusals import ExemptionAction, PlacePage
from ledger.health.custody_places import MAX_CODE, MAX_KEYS, MAX_LEG_SECONDS, Place, PlaceKind
from ledger.health.exemptions import MAX_CAUSE, ExemptionAct, ExemptionState
from ledger.health.transfers import Person

_MINUTE = 60


_SIGN: str = r"0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u3400-\u4dbf\u4e00-\u9fff"
PlaceCode = Annotated[
    str,
    Field(
        max_length=MAX_CODE,
        pattern=f"^[{_SIGN}][{_SIGN} ._()-]*$",
        examples=["Sample Checkpoint"],
    ),
]
"""Letters of Europe and China, digits, a few signs between: what may stand on a shield."""
CauseText = Annotated[str, Field(min_length=1, max_length=MAX_CAUSE)]
PlaceKindName = Annotated[PlaceKind, Field(strict=False)]


class PlaceForm(Form):
    """A place to register; its keys take the place of those that it had."""

    agency: AgencyName
    code: PlaceCode
    kind: PlaceKindName
    leg_minutes: Annotated[int, Field(ge=1, le=MAX_LEG_SECONDS // _MINUTE), WHOLE] = Field(
        description="How long one may take to get there."
    )
    keys: list[Jwk] = Field(max_length=MAX_KEYS)

    def order(self) -> PlaceOrder:
        """Return the order; raise as `Jwk.parsed`."""
        keys = [key.parsed() for key in self.keys]
        return PlaceOrder(self.code, self.kind, self.leg_minutes * _MINUTE, keys)


class ClosureForm(Form):
    """A place whose role ends."""

    agency: AgencyName
    code: PlaceCode


class ClosureAnswer(Answer):
    """When the place's role ended."""

    code: str
    until: Moment


class PlaceKeyAnswer(Answer):
    """A key that signs, or signed, for a place."""

    key_id: HexDigest
    jwk: dict[str, str]
    since: Moment
    until: Moment | None


class PlaceAnswer(Answer):
    """A place; `until` null while its role holds."""

    code: str
    kind: PlaceKind
    leg_minutes: int
    since: Moment
    until: Moment | None
    keys: list[PlaceKeyAnswer]

    @classmethod
    def of(cls, place: Place) -> Self:
        """Return the place as JSON."""
        return cls(
            code=place.code,
            kind=place.kind,
            leg_minutes=place.leg_seconds // _MINUTE,
            since=place.since,
            until=open_end(place.until),
            keys=[
                PlaceKeyAnswer(
                    key_id=each.key.key_id,
                    jwk=each.key.jwk(),
                    since=each.since,
                    until=open_end(each.until),
                )
                for each in place.keys
            ],
        )


class PlacesAnswer(Answer):
    """A page of places, newest first; `nextCursor` null at the end."""

    places: list[PlaceAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: PlacePage) -> Self:
        """Return the page as JSON."""
        places = [PlaceAnswer.of(place) for place in page.places]
        return cls(places=places, next_cursor=page.next_cursor)


class ExemptionForm(Form):
    """An application for the exemption list, sealed to the agency's recipient."""

    agency: AgencyName
    sealed: Octets


class ListingForm(Form):
    """Until when a driver is on the list."""

    until: GivenMoment


class SuspensionForm(Form):
    """Until when a driver is off the list, and why."""

    until: GivenMoment
    cause: CauseText


class ReinstatementForm(Form):
    """Nothing: the suspension ends now."""


class RemovalForm(Form):
    """Why a driver is removed, for good."""

    cause: CauseText


class LapseForm(Form):
    """Why a driver's time on the list ends early, such as a lost key."""

    cause: CauseText


class ExemptionAnswer(Answer):
    """An exemption; times null where there are none."""

    exemption: HexId
    state: ExemptionState
    applied_at: Moment
    listed_until: Moment | None
    suspended_until: Moment | None
    removed_at: Moment | None
    cause: str | None

    @classmethod
    def of(cls, view: ExemptionView) -> Self:
        """Return the exemption as JSON."""
        return cls(**_members(view))


class ExemptionsAnswer(Answer):
    """A page of exemptions, newest first; `nextCursor` null at the end."""

    exemptions: list[ExemptionAnswer]
    next_cursor: str | None

    @classmethod
    def of(cls, page: tuple[Sequence[ExemptionView], str | None]) -> Self:
        """Return the page as JSON."""
        views, cursor = page
        return cls(exemptions=[ExemptionAnswer.of(view) for view in views], next_cursor=cursor)


class ActAnswer(Answer):
    """What was done with an exemption, when and by which account."""

    act: ExemptionAct
    at: Moment
    by: str
    until: Moment | None
    cause: str | None

    @classmethod
    def of(cls, action: ExemptionAction) -> Self:
        """Return the act as JSON."""
        return cls(
            act=ExemptionAct(action.act),
            at=action.at,
            by=action.by,
            until=action.until or None,
            cause=action.cause or None,
        )


class PersonAnswer(Answer):
    """Whom an exemption is about, as the travel document has it."""

    name: str
    birth_date: str
    document_type: str
    document_issuer: str
    document_number: str

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return the person as JSON."""
        return cls(
            name=person.name,
            birth_date=person.birth_date,
            document_type=person.document_type,
            document_issuer=person.document_issuer,
            document_number=person.document_number,
        )


class ExemptionFileAnswer(Answer):
    """All that is known of an exemption; `others` what the same person applied for besides."""

    exemption: ExemptionAnswer
    person: PersonAnswer
    acts: list[ActAnswer]
    others: list[ExemptionAnswer]

    @classmethod
    def of(cls, file: ExemptionFile) -> Self:
        """Return it as JSON."""
        return cls(
            exemption=ExemptionAnswer.of(file.view),
            person=PersonAnswer.of(file.person),
            acts=[ActAnswer.of(each) for each in file.acts],
            others=[ExemptionAnswer.of(each) for each in file.others],
        )


def _members(view: ExemptionView) -> dict[str, Any]:
    it = view.row.exemption
    is_suspended = view.state is ExemptionState.SUSPENDED
    return {
        "exemption": view.row.id,
        "state": view.state,
        "applied_at": it.applied_at,
        "listed_until": it.listed_until or None,
        "suspended_until": it.until if is_suspended else None,
        "removed_at": it.removed_at or None,
        "cause": it.cause or None,
    }
