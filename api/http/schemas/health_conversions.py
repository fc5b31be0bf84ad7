"""Conversions, refills, consents and allow lists as JSON."""

from typing import Self

from pydantic import Field

from api.http.forms import Answer, Form, HexDigest, Moment, Octets16
from api.http.schemas.health_codes import Octets
from api.http.schemas.health_passes import PassAnswer
from api.http.schemas.shared import AgencyName, HeadAnswer
from api.services.health_allow import Segment
from api.services.health_conversions import Converted, Invitation
from api.services.registry import HeadAge


class InvitationForm(Form):
    """At which authority somebody means to convert, or to ask for more passes."""

    agency: AgencyName


class InvitationAnswer(Answer):
    """A nonce for one application, and the age recipient to seal it to."""

    nonce: Octets16
    recipient: str = Field(examples=["age1…"])
    jurisdiction: str
    expires_at: Moment

    @classmethod
    def of(cls, made: Invitation) -> Self:
        """Return it as JSON."""
        return cls(
            nonce=made.nonce,
            recipient=made.recipient,
            jurisdiction=made.jurisdiction,
            expires_at=made.expires_at,
        )


class ConversionForm(Form):
    """An application, sealed to the authority's recipient."""

    agency: AgencyName
    sealed: Octets


class ConvertedAnswer(Answer):
    """What the application was good for; it is shown this once, and to its repeats."""

    holder: Octets16
    passes: list[PassAnswer]
    grade: int
    source: str
    version: int
    policy_hash: HexDigest
    consents: list[HexDigest]
    ends_at: Moment
    hcert: str | None = Field(default=None, description="HC1: of a visitor, by this authority.")

    @classmethod
    def of(cls, made: Converted) -> Self:
        """Return it as JSON."""
        return cls(
            holder=made.holder,
            passes=[PassAnswer.of(each) for each in made.passes],
            grade=made.grade,
            source=made.source,
            version=made.version,
            policy_hash=made.policy_hash,
            consents=list(made.consents),
            ends_at=made.ends,
            hcert=made.hcert,
        )


class RefillForm(Form):
    """A signed request for more one-time passes."""

    request: Octets


class MoveForm(Form):
    """A signed order to move a holder's passes to a new device, the new key's request in it."""

    order: Octets


class WithdrawalForm(Form):
    """A consent taken back: the document, RFC 8785 JSON, and its holder's signature."""

    document: Octets
    signature: Octets


class SegmentAnswer(Answer):
    """One segment: passes anchored at `start` <= block time < `end`."""

    seq: int
    digest: HexDigest
    start: Moment
    end: Moment
    size_bytes: int

    @classmethod
    def of(cls, row: Segment) -> Self:
        """Return it as JSON."""
        return cls(
            seq=row.seq,
            digest=row.digest,
            start=row.start,
            end=row.end,
            size_bytes=len(row.document),
        )


class AllowAnswer(Answer):
    """The segments that a gate needs now, without gap; each is fetched by its number."""

    segments: list[SegmentAnswer]
    head: HeadAnswer

    @classmethod
    def of(cls, rows: tuple[Segment, ...], head: HeadAge) -> Self:
        """Return them as JSON."""
        shown = [SegmentAnswer.of(row) for row in rows]
        return cls(segments=shown, head=HeadAnswer.of(head))
