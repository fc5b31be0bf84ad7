"""People, tests and transfers as JSON; signed documents are base64url without padding."""

from typing import Annotated, Self

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment
from api.http.schemas.licences import Jwk
from api.http.schemas.shared import AgencyName, Jurisdiction
from api.services.health_transfers import TransferOrder, Transferred
from ledger.canonical import EncodingNotCanonical, b64url_decode, b64url_encode
from ledger.health.transfers import HealthTest, Person

MOST_OCTETS = 96 * 1024
_DIGIT = "[A-Za-z0-9_-]"
CANONICAL = f"^({_DIGIT}{{4}})*({_DIGIT}[AQgw]|{_DIGIT}{{2}}[AEIMQUYcgkosw048])?$"
"""Base64url without padding and without bits that say nothing (RFC 4648 §3.5)."""


def _octets(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or len(value) > MOST_OCTETS * 4 // 3:
        raise PydanticCustomError("base64url", "base64url without padding")
    try:
        return b64url_decode(value)
    except EncodingNotCanonical as exc:
        raise PydanticCustomError("base64url", "base64url without padding") from exc


Octets = Annotated[
    bytes,
    PlainValidator(_octets),
    PlainSerializer(b64url_encode, return_type=str),
    WithJsonSchema({"type": "string", "pattern": CANONICAL, "maxLength": MOST_OCTETS * 4 // 3}),
]
Said = Annotated[str, Field(min_length=1, max_length=200)]
Grade = Annotated[int, Field(ge=0, le=7), WHOLE]


class PersonForm(Form):
    """Whom a code is about, as the travel document has it."""

    name: Said
    birth_date: Said = Field(examples=["1980-07-23"])
    document_type: Said
    document_issuer: Said
    document_number: Said

    def parsed(self) -> Person:
        """Return the person."""
        return Person(
            self.name,
            self.birth_date,
            self.document_type,
            self.document_issuer,
            self.document_number,
        )


class TestForm(Form):
    """The test behind a grade."""

    kind: Said
    result: Said
    sampled_at: Moment
    laboratory: Said

    def parsed(self) -> HealthTest:
        """Return the test."""
        return HealthTest(self.kind, self.result, self.sampled_at, self.laboratory)


class TransferForm(Form):
    """A transfer to sign: to which jurisdiction, under which version of the agreement."""

    agency: AgencyName
    target: Jurisdiction
    version: Annotated[int, Field(ge=1, lt=2**32), WHOLE]
    grade: Grade
    holder_key: Jwk
    person: PersonForm
    test: TestForm

    def parsed(self) -> TransferOrder:
        """Return the order; raise as `Jwk.parsed`."""
        return TransferOrder(
            agency=self.agency.id(),
            target=self.target,
            version=self.version,
            grade=self.grade,
            holder=self.holder_key.parsed(),
            person=self.person.parsed(),
            test=self.test.parsed(),
        )


class TransferAnswer(Answer):
    """A signed transfer; its proof is at `/v1/proofs/{digest}` once it is anchored."""

    transfer: Octets
    digest: HexDigest
    expires_at: Moment

    @classmethod
    def of(cls, made: Transferred) -> Self:
        """Return the transfer as JSON."""
        return cls(transfer=made.document, digest=made.digest, expires_at=made.expires_at)
