"""Whom exemptions and trips are about: opened once, kept sealed, told to the agency alone."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from api.services.health_keys import HealthKeys
from ledger.errors import Refused
from ledger.health import custody_registrations, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody_registrations import Registration
from ledger.health.custody_steps import Kind
from ledger.health.signed import SignedMalformed
from ledger.health.transfers import Person
from ledger.keys import PointInvalid, PublicKey, SignatureInvalid
from ledger.values import AgencyId

TOLD_SECONDS: Final = 24 * 3_600
"""How far the time in a registration may lie from the clock here (proposed)."""


@dataclass(eq=False)
class RegistrationRefused(Refused):
    """What was sealed tells of nobody who can be kept here: which part is wrong."""

    part: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who somebody is: `subject` the exemption or trip, `person` tells the same person again."""

    subject: bytes
    key: PublicKey
    person: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


class CustodyPeople:
    """Opens what travellers seal to an agency, and seals rows about them."""

    def __init__(self, keys: HealthKeys, clock: Callable[[], int]) -> None:
        self._keys = keys
        self._clock = clock

    def told(self, agency: AgencyId, sealed: bytes, kind: Kind) -> Told:
        """Return who a registration is about.

        Raises:
            HealthKeyMissing, SealedMalformed, SealedForAnother: as it is opened.
            RegistrationRefused: for anything but a registration of this kind, for this agency, of
                now, signed by the key it names.
        """
        content = _read(self._keys.unseal(agency, sealed))
        if content.agency != agency:
            raise RegistrationRefused("agency")
        if content.kind is not kind:
            raise RegistrationRefused("kind")
        if abs(content.told_at - self._clock()) > TOLD_SECONDS:
            raise RegistrationRefused("time")
        person = content.person
        document = (person.document_type, person.document_issuer, person.document_number)
        return Told(
            content.subject,
            content.traveller,
            self._keys.name_of(document, agency),
            self._keys.seal_row(asdict(person), content.subject),
        )

    def person(self, sealed: bytes, subject: bytes) -> Person:
        """Return whom a row is about; raise `HealthKeyMissing`."""
        return Person(**self._keys.open_row(sealed, subject))


def _read(content: bytes) -> Registration:
    try:
        return custody_registrations.verify(signed.read(content))
    except (SignedMalformed, ClaimsInvalid, PointInvalid) as exc:
        raise RegistrationRefused("form") from exc
    except SignatureInvalid as exc:
        raise RegistrationRefused("signature") from exc
