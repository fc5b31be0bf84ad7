"""The catalogue as JSON."""

from typing import Any, Self

from pydantic import Field

from api.http.forms import Answer
from ledger.licences.catalogue import LicenceType


class TypeSummary(Answer):
    """A licence type of the catalogue."""

    id: str
    major: int
    vct: str
    integrity: str
    names: dict[str, str]
    type_code: str
    holder: str

    @classmethod
    def of(cls, type_: LicenceType) -> Self:
        """Return the type as JSON."""
        return cls(**_type_summary(type_))


class CatalogueAnswer(Answer):
    """All types and versions."""

    types: list[TypeSummary]


class ClaimAnswer(Answer):
    """One claim of a type; `supplied` ones come from whoever issues."""

    name: str
    labels: dict[str, str]
    code: str
    mandatory: bool
    disclosable: bool
    show: str
    supplied: bool


class TypeAnswer(TypeSummary):
    """A licence type with its claims, its JSON Schema and the reasons its status may change for."""

    claims: list[ClaimAnswer]
    schema_: dict[str, Any] = Field(alias="schema")
    reasons: list[int]

    @classmethod
    def of(cls, type_: LicenceType) -> Self:
        """Return the type as JSON."""
        claims = [
            ClaimAnswer(
                name=claim.name,
                labels=dict(claim.labels),
                code=claim.code,
                mandatory=claim.mandatory,
                disclosable=claim.disclosable,
                show=claim.show.value,
                supplied=not claim.computed,
            )
            for claim in type_.claims
        ]
        return cls(
            **_type_summary(type_),
            claims=claims,
            schema_=dict(type_.schema),
            reasons=sorted(type_.lifecycle),
        )


def _type_summary(type_: LicenceType) -> dict[str, Any]:
    return {
        "id": type_.id,
        "major": type_.major,
        "vct": type_.vct,
        "integrity": type_.integrity,
        "names": dict(type_.names),
        "type_code": type_.type_code,
        "holder": type_.holder.value,
    }
