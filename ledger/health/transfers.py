"""The transfer document: what a traveller carries from the home agency to the host's, once.

A signed CBOR document (see `signed`) that lives for ten minutes at most. It names the person and
the test, so it is never stored: the host keeps its digest and its `cti`, by which it is spent.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer
from ledger.status_list import ENTRIES

MAX_LIFE_SECONDS: Final = 600
_CTI_BYTES: Final = 16
_MAX_GRADE: Final = 7
_MAX_CHARACTERS: Final = 200
_MAX_LISTS: Final = 2**32
_HOLDER: Final = 8
_OURS: Final = -65538


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the transfer is about. `birth_date` as "YYYY-MM-DD"."""

    name: str
    birth_date: str
    document_type: str
    document_issuer: str
    document_number: str


@dataclass(frozen=True, slots=True)
class HealthTest:
    """The test behind the grade; `sampled_at` in Unix seconds."""

    kind: str
    result: str
    sampled_at: int
    laboratory: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a transfer says. `grade` is of the source's scale; times in Unix seconds.

    `list` and `index`: its entry in the source agency's status lists, which may withdraw it.
    """

    source: str
    target: str
    issued_at: int
    expires_at: int
    cti: bytes
    holder: PublicKey
    grade: int
    version: int
    person: Person
    test: HealthTest
    list: int
    index: int


def sign(content: Transfer, signer: Signer) -> bytes:
    """Return the signed transfer; raise `ClaimsInvalid` for what no transfer may say."""
    spelt = _spell(content)
    read_claims(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def read(envelope: Signed) -> Transfer:
    """Return what it says before anybody's signature was checked; raise `ClaimsInvalid`."""
    return claims.open_claims(envelope.message.payload, read_claims, _spell)


def verify(envelope: Signed, key: PublicKey) -> Transfer:
    """Return what `key` signed; raise `SignatureInvalid`, or `ClaimsInvalid` thereafter."""
    return claims.open_claims(signed.payload_of(envelope, key), read_claims, _spell)


def _spell(content: Transfer) -> dict[int, Any]:
    person, test = content.person, content.test
    return {
        1: content.source,
        3: content.target,
        4: content.expires_at,
        6: content.issued_at,
        7: content.cti,
        _HOLDER: claims.spell_holder(content.holder),
        _OURS: {
            1: content.grade,
            2: content.version,
            3: spell_person(person),
            4: {1: test.kind, 2: test.result, 3: test.sampled_at, 4: test.laboratory},
            5: [content.list, content.index],
        },
    }


def spell_person(person: Person) -> dict[int, str]:
    """Return what a signed document says of a person."""
    return {
        1: person.name,
        2: person.birth_date,
        3: person.document_type,
        4: person.document_issuer,
        5: person.document_number,
    }


def read_claims(value: object) -> Transfer:
    """Return the transfer whose claims these are; raise `ClaimsInvalid` naming a bad one."""
    top = claims.members("claims", value, {1, 3, 4, 6, 7, _HOLDER, _OURS}, set())
    ours = claims.members("transfer", top[_OURS], {1, 2, 3, 4, 5}, set())
    list_, index = claims.pair("status", ours[5])
    content = Transfer(
        source=claims.text("iss", top[1], claims.MAX_JURISDICTION_CHARACTERS),
        target=claims.text("aud", top[3], claims.MAX_JURISDICTION_CHARACTERS),
        issued_at=claims.number("iat", top[6], claims.MAX_TIME),
        expires_at=claims.number("exp", top[4], claims.MAX_TIME),
        cti=claims.octets("cti", top[7], _CTI_BYTES),
        holder=claims.holder_key(top[_HOLDER]),
        grade=claims.number("grade", ours[1], _MAX_GRADE + 1),
        version=claims.number("version", ours[2], 2**32, least=1),
        person=read_person(ours[3]),
        test=_test(ours[4]),
        list=claims.number("status", list_, _MAX_LISTS),
        index=claims.number("status", index, ENTRIES),
    )
    if not 0 < content.expires_at - content.issued_at <= MAX_LIFE_SECONDS:
        raise ClaimsInvalid("exp")
    if content.source == content.target:
        raise ClaimsInvalid("aud")
    return content


def read_person(value: object) -> Person:
    """Return the person whom a map is about; raise `ClaimsInvalid`."""
    found = claims.members("person", value, {1, 2, 3, 4, 5}, set())
    return Person(
        *(claims.text("person", found[number], _MAX_CHARACTERS) for number in range(1, 6))
    )


def _test(value: object) -> HealthTest:
    found = claims.members("test", value, {1, 2, 3, 4}, set())
    return HealthTest(
        kind=claims.text("test", found[1], _MAX_CHARACTERS),
        result=claims.text("test", found[2], _MAX_CHARACTERS),
        sampled_at=claims.number("test", found[3], claims.MAX_TIME),
        laboratory=claims.text("test", found[4], _MAX_CHARACTERS),
    )
