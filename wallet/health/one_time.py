"""One-time keys: one per pass, all drawn from the holder's key, so that none has to be kept."""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.keys import CURVE_ORDER, PrivateKey

SALT_BYTES: Final = 16
_INFO: Final = b"suizheng one-time pass key v1"
_DRAWN_BYTES: Final = 48
"""More than the order has, so that what is left over favours nothing (FIPS 186-5 A.2.1)."""


def one_time_key(holder: PrivateKey, salt: bytes) -> PrivateKey:
    """Return the key of one pass: HKDF-SHA-256 (RFC 5869) of the holder's secret under `salt`.

    Two of them tell nobody that they belong together who has not the holder's secret.
    """
    secret = holder.secret.private_numbers().private_value.to_bytes(32)
    drawn = HKDF(SHA256(), _DRAWN_BYTES, salt, _INFO).derive(secret)
    scalar = int.from_bytes(drawn) % (CURVE_ORDER - 1) + 1
    return PrivateKey.from_secret(scalar.to_bytes(32))
