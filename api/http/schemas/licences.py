"""Licences as JSON."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment
from api.http.schemas.shared import AgencyName, HeadAnswer, StatusName, Text, TypeId
from api.services.issuance import Issued, IssueOrder
from api.services.licences import LicencePage, LicenceView
from api.services.links import NewLink
from api.services.uploads import MAX_EXTERNAL_ID
from ledger.keys import PublicKey
from ledger.licences.issuance import Predecessor
from ledger.values import Stage


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("text", "printable characters")
    return text


ExternalId = Annotated[
    str, Field(min_length=1, max_length=MAX_EXTERNAL_ID), AfterValidator(_printable)
]


class Jwk(Form):
    """A public JWK of a P-256 key (RFC 7518 §6.2.1); one with its private part is refused."""

    model_config = ConfigDict(extra="ignore")

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str = Field(max_length=43)
    y: str = Field(max_length=43)
    d: None = Field(default=None, exclude=True, json_schema_extra={"readOnly": True})

    def parsed(self) -> PublicKey:
        """Return the key; raise `PointInvalid` or `EncodingNotCanonical`."""
        return PublicKey.from_jwk(self.model_dump(include={"kty", "crv", "x", "y"}))


class PredecessorForm(Form):
    """The licence that a new one replaces, and why (401 to 406)."""

    digest: HexDigest
    reason: Annotated[int, Field(ge=401, le=499), WHOLE]


class IssueForm(Form):
    """A licence to issue; `fields` by claim name as the catalogue has them."""

    agency: AgencyName
    type: TypeId
    fields: dict[str, Any]
    holder_key: Jwk | None = None
    external_id: ExternalId | None = None
    predecessor: PredecessorForm | None = None

    def parsed(self) -> IssueOrder:
        """Return the order; raise as `Jwk.parsed`."""
        former = self.predecessor
        return IssueOrder(
            agency=self.agency.id(),
            type_id=self.type,
            fields=self.fields,
            holder_key=None if self.holder_key is None else self.holder_key.parsed(),
            external_id=self.external_id,
            predecessor=None if former is None else Predecessor(former.digest, former.reason),
        )


class IssuedAnswer(Answer):
    """An issued licence: the signed document, all its disclosures with it."""

    digest: HexDigest
    licence_id: str
    document: str
    stage: Stage

    @classmethod
    def of(cls, issued: Issued) -> Self:
        """Return the licence as JSON."""
        row = issued.row
        return cls(
            digest=row.digest,
            licence_id=row.licence_id,
            document=row.document,
            stage=issued.stage,
        )


class LicenceSummary(Answer):
    """A licence in a list; `status` is the chain's as of the projection's head."""

    digest: HexDigest
    type: str
    licence_id: str
    version: int
    external_id: str | None
    holder_name: str | None
    issued_at: Moment
    valid_from: Moment
    valid_until: Moment | None
    stage: Stage
    status: StatusName
    predecessor: HexDigest | None
    successor: HexDigest | None

    @classmethod
    def of(cls, listed: LicenceView) -> Self:
        """Return a stored licence as JSON; `validUntil` is the first moment after."""
        return cls(**_summary(listed))


class LicencesAnswer(Answer):
    """A page of licences, newest first; `nextCursor` null at the end."""

    licences: list[LicenceSummary]
    next_cursor: str | None
    head: HeadAnswer

    @classmethod
    def of(cls, page: LicencePage, head: HeadAnswer) -> Self:
        """Return the page as JSON."""
        licences = [LicenceSummary.of(listed) for listed in page.licences]
        return cls(licences=licences, next_cursor=page.next_cursor, head=head)


class LicenceAnswer(LicenceSummary):
    """A licence as its agency sees it."""

    status_list: int
    status_index: int
    predecessor_reason: int | None
    head: HeadAnswer

    @classmethod
    def of_view(cls, view: LicenceView, head: HeadAnswer) -> Self:
        """Return the licence as JSON."""
        row = view.row
        return cls(
            **_summary(view),
            status_list=row.list,
            status_index=row.index,
            predecessor_reason=row.predecessor_reason,
            head=head,
        )


class LinkForm(Form):
    """A link to make; without `claims` it shows what the type shows by default."""

    claims: list[Text] | None = Field(default=None, max_length=64)
    lifetime_seconds: Annotated[int, Field(ge=60), WHOLE] | None = None


class LinkAnswer(Answer):
    """A link to a sealed copy; its key is in the fragment and shown this once."""

    url: str
    expires_at: Moment
    qr_svg: str

    @classmethod
    def of(cls, link: NewLink) -> Self:
        """Return the link as JSON."""
        return cls(url=link.url, expires_at=link.expires_at, qr_svg=link.qr_svg)


def _summary(licence: LicenceView) -> dict[str, Any]:
    row = licence.row
    return {
        "digest": row.digest,
        "type": row.type_id,
        "licence_id": row.licence_id,
        "version": row.version,
        "external_id": row.external_id,
        "holder_name": row.holder_name,
        "issued_at": row.issued_at,
        "valid_from": row.nbf,
        "valid_until": row.exp,
        "stage": licence.stage,
        "status": licence.status.name.lower(),
        "predecessor": row.predecessor,
        "successor": licence.successor,
    }
