"""Who signs for an agency: asked of the ledger and of the keys at hand before anything is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.authority import Agency, DocumentKey
from ledger.errors import AccreditationMissing, AgencyNotActive, AgencyUnknown, Refused, Unavailable
from ledger.keys import Signer
from ledger.licences.catalogue import LicenceType
from ledger.licences.issuance import Issuer
from ledger.values import AgencyId, AgencyStatus, KeyId, KeyState, KeyUsage, RecordType, Window


@dataclass(eq=False)
class SigningKeyMissing(Unavailable):
    """No key that may sign this for the agency now is at hand here."""

    agency: bytes


class Authority(Protocol):
    """Whoever knows the agencies, their keys and what they may issue."""

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return an agency; None when it was never admitted."""

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        """Return an agency's document key; None when it was never announced."""

    def windows(self, agency: AgencyId, record_type: RecordType) -> Sequence[Window]:
        """Return when the agency is or was accredited for a record type."""


class KeyRing(Protocol):
    """The document keys at hand."""

    def signers(self) -> Sequence[Signer]:
        """Return all of them."""


class Issuers:
    """Finds the signer whom the ledger lets sign for an agency now."""

    def __init__(
        self, authority: Authority, keys: KeyRing, base_url: str, clock: Callable[[], int]
    ) -> None:
        self._authority = authority
        self._keys = keys
        self._base_url = base_url
        self._clock = clock

    def for_type(self, agency: AgencyId, type_: LicenceType) -> Issuer:
        """Return who issues licences of a type for an agency now.

        Raises:
            AgencyUnknown, AgencyNotActive, AccreditationMissing: as the ledger has it.
            SigningKeyMissing: when no such key is at hand, active and not frozen.
        """
        return self.for_records(agency, type_.record_type)

    def for_records(self, agency: AgencyId, record_type: RecordType) -> Issuer:
        """Return who issues records of a type for an agency now; raise as `for_type`."""
        found = self.accredited(agency, record_type)
        return Issuer(found, self._base_url, self.signer(agency, KeyUsage.DOCUMENTS))

    def accredited(self, agency: AgencyId, record_type: RecordType) -> Agency:
        """Return an agency that may keep records of a type now, whoever signs them.

        Raises `AgencyUnknown`, `AgencyNotActive` and `AccreditationMissing`.
        """
        found = self.active(agency)
        now = self._clock()
        windows = self._authority.windows(agency, record_type)
        if not any(window.holds(now) for window in windows):
            raise AccreditationMissing(agency, record_type)
        return found

    def for_decisions(self, agency: AgencyId) -> Issuer:
        """Return who signs an agency's decisions now; raise as `for_type`, accreditation apart."""
        found = self.active(agency)
        return Issuer(found, self._base_url, self.signer(agency, KeyUsage.DOCUMENTS))

    def active(self, agency: AgencyId) -> Agency:
        """Return an agency that may act; raise `AgencyUnknown` or `AgencyNotActive`."""
        found = self._authority.agency(agency)
        if found is None:
            raise AgencyUnknown(agency)
        if found.status is not AgencyStatus.ACTIVE:
            raise AgencyNotActive(agency, int(found.status))
        return found

    def signer(self, agency: AgencyId, usage: KeyUsage) -> Signer:
        """Return a key at hand that may sign for the agency now; raise `SigningKeyMissing`."""
        now = self._clock()
        for signer in self._at_hand(agency):
            key = self._authority.key(agency, signer.public_key.key_id)
            if key is None or key.frozen or usage not in key.usage:
                continue
            if key.state_at(now) is KeyState.ACTIVE:
                return signer
        raise SigningKeyMissing(agency)

    def _at_hand(self, agency: AgencyId) -> Sequence[Signer]:
        """Return the key ring's keys; one that cannot be unlocked is our want, not the caller's."""
        try:
            return self._keys.signers()
        except Refused as exc:
            raise SigningKeyMissing(agency) from exc
