"""Who a traveller in custody is: told once, to the agency that answers for the list or the loop.

A signed CBOR document (see `signed`) by the traveller's own key, sealed to the agency's age
recipient before it leaves the wallet. It asks for a place on the exemption list, or goes with a
landing; trip and person meet nowhere else.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody_steps import Kind
from ledger.health.signed import Signed
from ledger.health.transfers import Person
from ledger.keys import PublicKey, Signer
from ledger.values import AgencyId

SUBJECT_BYTES: Final = 16
_HOLDER: Final = 8
_OURS: Final = -65553
_AGENCY_BYTES: Final = 32
_MAX_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Registration:
    """A person and their key.

    `subject`, 16 random bytes: of a driver the name that the exemption will have, of an arrival the
    trip's. `told_at` in Unix seconds.
    """

    agency: AgencyId
    told_at: int
    kind: Kind
    subject: bytes
    traveller: PublicKey
    person: Person


def sign(content: Registration, signer: Signer) -> bytes:
    """Return the signed registration; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(content)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def verify(envelope: Signed) -> Registration:
    """Return what it says, signed by the key it names.

    Raises `ClaimsInvalid` for another content, and `SignatureInvalid`.
    """
    content = claims.open_claims(envelope.message.payload, _read, _spell)
    signed.payload_of(envelope, content.traveller)
    return content


def _spell(content: Registration) -> dict[int, Any]:
    person = content.person
    return {
        6: content.told_at,
        _HOLDER: claims.spell_holder(content.traveller),
        _OURS: {
            1: content.agency,
            2: str(content.kind),
            3: content.subject,
            4: {
                1: person.name,
                2: person.birth_date,
                3: person.document_type,
                4: person.document_issuer,
                5: person.document_number,
            },
        },
    }


def _read(value: object) -> Registration:
    top = claims.members("claims", value, {6, _HOLDER, _OURS}, set())
    ours = claims.members("registration", top[_OURS], {1, 2, 3, 4}, set())
    if ours[2] not in list(Kind):
        raise ClaimsInvalid("kind")
    return Registration(
        agency=AgencyId(claims.octets("aud", ours[1], _AGENCY_BYTES)),
        told_at=claims.number("iat", top[6], claims.MAX_TIME),
        kind=Kind(ours[2]),
        subject=claims.octets("subject", ours[3], SUBJECT_BYTES),
        traveller=claims.holder_key(top[_HOLDER]),
        person=_person(ours[4]),
    )


def _person(value: object) -> Person:
    found = claims.members("person", value, {1, 2, 3, 4, 5}, set())
    return Person(
        *(claims.text("person", found[number], _MAX_CHARACTERS) for number in range(1, 6))
    )
