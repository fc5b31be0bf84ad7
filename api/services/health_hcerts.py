"""Writing `HC1:` for visitors, so that others can read what the host took in."""

from collections.abc import Callable, Sequence
from typing import Protocol

from api.services.issuers import Issuers, SigningKeyMissing
from ledger.authority import Agency, DocumentKey
from ledger.errors import AccreditationMissing
from ledger.health.code_conversion import reissued
from ledger.health.gate.recognition import HCERT
from ledger.health.hcert.claims import Claims
from ledger.health.hcert.writing import ENTROPY_BYTES, CertificateUnfit, write
from ledger.values import AgencyId, Seconds


class Keys(Protocol):
    """Whoever knows an agency's document keys."""

    def keys(self, agency: AgencyId) -> Sequence[DocumentKey]:
        """Return all of them."""


class Hcerts:
    """Writes certificates anew for agencies that are accredited for them."""

    def __init__(
        self,
        issuers: Issuers,
        keys: Keys,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._issuers = issuers
        self._keys = keys
        self._clock = clock
        self._randomness = randomness

    def write(self, found: Claims | None, agency: Agency, ends: int) -> str | None:
        """Return a certificate's code until `ends`; None for none, and where the agency may not.

        The passes are issued all the same: an agency that is not accredited for `health:hcert`, and
        a certificate that no schema takes as it stands, leave the visitor the code from home.
        """
        if found is None:
            return None
        try:
            signer = self._issuers.for_records(agency.id, HCERT).signer
        except (AccreditationMissing, SigningKeyMissing):
            return None
        key_id, now = signer.public_key.key_id, Seconds(self._clock())
        key = next(k for k in self._keys.keys(agency.id) if k.public_key.key_id == key_id)
        entropy = self._randomness(ENTROPY_BYTES)
        content = reissued(found, agency.jurisdiction, agency.name, entropy)
        until = Seconds(min(ends, key.verify_until))
        try:
            return write(
                content, agency.jurisdiction, now, until, signer, Seconds(key.verify_until)
            )
        except CertificateUnfit:
            return None
