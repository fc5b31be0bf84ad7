"""JSON that several nouns share."""

from functools import lru_cache
from typing import Annotated, Literal, Self

from fastapi import Path
from pydantic import Field

from api.http.forms import Answer, Form, Moment
from api.services.registry import HeadAge
from ledger.values import OPEN_END, AgencyId, agency_id

Jurisdiction = Annotated[str, Field(min_length=1, max_length=32, examples=["CN-GD"])]
OrganisationCode = Annotated[
    str, Field(min_length=1, max_length=64, examples=["11440100MBEXAMPE7Y"])
]
TypeId = Annotated[str, Field(min_length=1, max_length=64, examples=["cn.food-business"])]
JurisdictionInPath = Annotated[str, Path(min_length=1, max_length=32)]
CodeInPath = Annotated[str, Path(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=256)]
StatusName = Literal["valid", "revoked", "suspended", "superseded"]


class HeadAnswer(Answer):
    """The block that an answer is as of; the age is since a node last confirmed it."""

    block: int
    time: Moment
    age_seconds: int

    @classmethod
    def of(cls, head: HeadAge) -> Self:
        """Return the head as JSON."""
        return cls(block=head.block, time=head.time, age_seconds=head.age_seconds)


class AgencyName(Form):
    """An agency by its public names."""

    jurisdiction: Jurisdiction
    code: OrganisationCode

    def id(self) -> AgencyId:
        """Return its id on the ledger."""
        return _known_id(self.jurisdiction, self.code)


@lru_cache(maxsize=1_024)
def _known_id(jurisdiction: str, code: str) -> AgencyId:
    """Keep the few agencies' ids: two hashes a request, in Python."""
    return agency_id(jurisdiction, code)


def open_end(at: int) -> int | None:
    """Return the end of a window, None where it has none."""
    return None if at >= OPEN_END else at
