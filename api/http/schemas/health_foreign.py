"""Trust and revocation lists of others' codes as JSON; certificates are DER in base64url."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import Field

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment
from api.http.schemas.health_codes import Octets
from api.http.schemas.shared import AgencyName, open_end
from api.services.refusals import Revoked
from ledger.canonical import b64url_encode
from ledger.certlogic.rules import CertificateType
from ledger.health.gate_bundle.foreign_files import RawLists, RawSlice
from ledger.health.hcert.onboarding import ListedCertificate, OfferedList, Onboarded
from ledger.health.hcert.revocation import HashType, Mode, Place
from ledger.health.hcert.trust import TrustedKey, TrustList
from ledger.values import Digest, KeyState, Seconds

MOST_CERTIFICATES = 4_096
MOST_AUTHORITIES = 256
_STATES = {
    "active": KeyState.ACTIVE,
    "frozen": KeyState.FROZEN,
    "compromised": KeyState.COMPROMISED,
}
Usage = Literal["Test", "Vaccination", "Recovery"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["XX"])]
Source = Annotated[
    str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$", examples=["Sample list"])
]
Sequence53 = Annotated[int, Field(ge=1, lt=2**53), WHOLE]
Kid = Annotated[str, Field(pattern="^0x[0-9a-f]{16}$")]


class CertificateForm(Form):
    """A signer's certificate; `country` and `usages` where it does not say them itself.

    A compromised key is believed for nothing but what was converted before `distrustFrom`.
    """

    der: Octets
    country: Country | None = None
    usages: Annotated[list[Usage], Field(max_length=3)] | None = None
    state: Literal["active", "frozen", "compromised"] = "active"
    distrust_from: Moment | None = None

    def parsed(self) -> ListedCertificate:
        """Return the certificate as listed."""
        usages = None if self.usages is None else frozenset(map(CertificateType, self.usages))
        state, since = _STATES[self.state], self.distrust_from
        is_stolen = state is KeyState.COMPROMISED and since is not None
        return ListedCertificate(
            self.der, self.country or "", usages, state, Seconds(since or 0) if is_stolen else None
        )


class TrustListForm(Form):
    """A trust list of one source; a later one has a greater sequence and takes its place whole.

    `authorities` issued the certificates, or are among them, where an operator vouches for the
    signer. `confirmed`: countries that may lose more than a fifth of their keys.
    """

    agency: AgencyName
    source: Source
    sequence: Sequence53
    issued_at: Moment
    authorities: Annotated[list[Octets], Field(max_length=MOST_AUTHORITIES)]
    certificates: Annotated[list[CertificateForm], Field(max_length=MOST_CERTIFICATES)]
    confirmed: list[Country] = Field(default_factory=list, max_length=256)

    def parsed(self) -> OfferedList:
        """Return the list."""
        return OfferedList(
            self.source,
            self.sequence,
            Seconds(self.issued_at),
            self.authorities,
            [each.parsed() for each in self.certificates],
        )


class LeftOutAnswer(Answer):
    """A certificate that was not taken in, and why."""

    sha256: HexDigest
    reason: str


class SuccessorAnswer(Answer):
    """A new key that came late (`lead`), or that no other outlives long enough (`overlap`)."""

    kid: Kid
    faults: list[str]


class OnboardedAnswer(Answer):
    """What became of a trust list: so many keys, what was left out, what is to be looked at."""

    source: str
    sequence: int
    keys: int
    left_out: list[LeftOutAnswer]
    successors: list[SuccessorAnswer]

    @classmethod
    def of(cls, found: Onboarded) -> Self:
        """Return the report as JSON."""
        left_out = [
            LeftOutAnswer(sha256=Digest(each.sha256), reason=each.reason) for each in found.left_out
        ]
        return cls(
            source=found.trust.source,
            sequence=found.trust.sequence,
            keys=sum(map(len, found.trust.by_kid.values())),
            left_out=left_out,
            successors=[
                SuccessorAnswer(kid="0x" + kid.hex(), faults=sorted(faults))
                for kid, faults in sorted(found.faults.items())
            ],
        )


class TrustedKeyAnswer(Answer):
    """A key of a trust list; `publicKey` is its SubjectPublicKeyInfo."""

    kid: Kid
    public_key: str
    usages: list[str]
    not_before: Moment
    not_after: Moment | None
    country: str
    state: str
    distrust_from: Moment | None

    @classmethod
    def of(cls, key: TrustedKey) -> Self:
        """Return the key as JSON."""
        spki = key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(
            kid="0x" + key.kid.hex(),
            public_key=b64url_encode(spki),
            usages=sorted(map(str, key.usages)),
            not_before=key.not_before,
            not_after=open_end(key.not_after),
            country=key.country,
            state=key.state.name.lower(),
            distrust_from=key.distrust_from,
        )


class TrustListAnswer(Answer):
    """The newest list of one source."""

    source: str
    sequence: int
    issued_at: Moment
    keys: list[TrustedKeyAnswer]

    @classmethod
    def of(cls, listed: TrustList) -> Self:
        """Return the list as JSON."""
        keys = [TrustedKeyAnswer.of(key) for keys in listed.by_kid.values() for key in keys]
        return cls(
            source=listed.source,
            sequence=listed.sequence,
            issued_at=listed.issued_at,
            keys=keys,
        )


class TrustListsAnswer(Answer):
    """Whose codes an agency's gates believe, list by list; `own` are for the lists of others.

    With these the agency writes codes itself; their kids are no hashes of certificates.
    """

    lists: list[TrustListAnswer]
    own: list[TrustedKeyAnswer]

    @classmethod
    def of(cls, lists: Sequence[TrustList], own: Sequence[TrustedKey]) -> Self:
        """Return the lists as JSON."""
        return cls(
            lists=[TrustListAnswer.of(each) for each in lists],
            own=[TrustedKeyAnswer.of(key) for key in own],
        )


class SliceForm(Form):
    """A piece of a revocation list as its source gives it, unzipped."""

    partition: Annotated[str, Field(pattern="^(null|[0-9a-f]{1,2})$")]
    chunk: Annotated[str, Field(pattern="^[0-9a-f]$")]
    kind: Literal["BLOOMFILTER", "VARHASHLIST"]
    content: Octets


class RevokedForm(Form):
    """The revocation lists of one kid; without slices, nothing under it is withdrawn any more."""

    kid: Kid
    mode: Literal["POINT", "VECTOR", "COORDINATE"]
    types: Annotated[
        list[Literal["SIGNATURE", "UCI", "COUNTRYCODEUCI"]], Field(min_length=1, max_length=3)
    ]
    slices: Annotated[list[SliceForm], Field(max_length=4_096)]

    def parsed(self) -> RawLists:
        """Return the lists."""
        slices = [
            RawSlice(Place(each.partition, each.chunk), each.kind, each.content)
            for each in self.slices
        ]
        return RawLists(Mode(self.mode), frozenset(map(HashType, self.types)), slices)


class RevocationsForm(Form):
    """Revocation lists by kid; those of other kids stay, and are as of then too."""

    agency: AgencyName
    sequence: Sequence53
    as_of: Moment
    lists: Annotated[list[RevokedForm], Field(max_length=4_096)]

    def parsed(self) -> Mapping[bytes, RawLists]:
        """Return the lists by kid."""
        return {bytes.fromhex(each.kid[2:]): each.parsed() for each in self.lists}


class RevocationsAnswer(Answer):
    """The revocation lists that were taken in."""

    sequence: int
    as_of: Moment
    kids: list[Kid]

    @classmethod
    def of(cls, made: Revoked) -> Self:
        """Return which they are as JSON."""
        kids = ["0x" + kid.hex() for kid in sorted(made.lists)]
        return cls(sequence=made.sequence, as_of=made.as_of, kids=kids)
