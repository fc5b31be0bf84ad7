"""The health authority's secret: what travellers seal to it, and its own rows, are opened by it.

One secret in the folder of keys, locked like the others; of it each agency has an age identity, and
the rows about people a key. Who holds the disk without the password holds nothing about anybody.
"""

import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger import age
from ledger.errors import Refused, Unavailable
from ledger.sealing import SealBroken, open_sealed, seal
from ledger.values import AgencyId

SECRET_BYTES: Final = 32
_ROWS: Final = b"suizheng health rows"
_ENVELOPES: Final = b"suizheng health envelopes"
_PEOPLE: Final = b"suizheng health people"


class HealthKeyMissing(Unavailable):
    """This process does not hold the secret of health codes, or cannot open it."""


class HealthKeys:
    """Opens and seals with the keys of one secret, read once and when it is first needed."""

    def __init__(self, read: Callable[[], bytes], randomness: Callable[[int], bytes]) -> None:
        """`read` gives the 32 bytes, or raises `Refused` or `HealthKeyMissing`."""
        self._read = read
        self._randomness = randomness
        self._secret: bytes | None = None
        self._opening = threading.Lock()  # an unlock takes 256 MB, so one at a time

    def recipient(self, agency: AgencyId) -> str:
        """Return the age recipient to which travellers seal for an agency."""
        return age.recipient_of(self._identity(agency))

    def unseal(self, agency: AgencyId, sealed: bytes) -> bytes:
        """Return what was sealed to an agency; raise as `age.unseal`."""
        return age.unseal(sealed, self._identity(agency))

    def seal_row(self, content: Mapping[str, Any], row: bytes) -> bytes:
        """Return JSON sealed for the row with this id."""
        return seal(orjson.dumps(content), self._derived(_ROWS), row, self._randomness)

    def open_row(self, sealed: bytes, row: bytes) -> dict[str, Any]:
        """Return what `seal_row` sealed; raise `HealthKeyMissing` where another secret did."""
        try:
            return dict(orjson.loads(open_sealed(sealed, self._derived(_ROWS), row)))
        except SealBroken as exc:
            raise HealthKeyMissing from exc

    def name_of(self, document: Sequence[str], agency: AgencyId) -> bytes:
        """Return what tells an agency that two rows are about the bearer of one travel document.

        An HMAC under the secret: without it nobody finds out by trying all numbers.
        """
        told = orjson.dumps(list(document))
        return hmac.digest(self._derived(_PEOPLE + agency), told, "sha256")

    def _identity(self, agency: AgencyId) -> bytes:
        return self._derived(_ENVELOPES + agency)

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), SECRET_BYTES, None, purpose).derive(self._opened())

    def _opened(self) -> bytes:
        with self._opening:
            if self._secret is None:
                try:
                    self._secret = self._read()
                except Refused as exc:
                    raise HealthKeyMissing from exc
            return self._secret


def read_secret(path: Path, unlock: Callable[[str], bytes] | None) -> Callable[[], bytes]:
    """Return what reads the secret from its keystore file; None for a process without password."""

    def read() -> bytes:
        if unlock is None:
            raise HealthKeyMissing
        try:
            return unlock(path.read_text(encoding="utf-8", errors="replace"))
        except OSError as exc:
            raise HealthKeyMissing from exc

    return read
