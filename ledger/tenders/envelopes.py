"""Envelopes: one share sealed to one trustee's secp256k1 key, 81 bytes (§3.5).

E ‖ ChaCha20-Poly1305: 33 bytes of a fresh point, 32 of share, 16 of tag. The key that opens an
envelope is the very one whose secret the contract checks at release; HPKE has none of this curve.
"""

from typing import Final

from coincurve import PrivateKey, PublicKey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import Refused
from ledger.secp256k1 import private_key
from ledger.tenders.errors import SharesMismatch
from ledger.tenders.ids import Context
from ledger.tenders.shares import SECRET_BYTES

ENVELOPE_BYTES: Final = 81
POINT_BYTES: Final = 33
_X: Final = slice(1, POINT_BYTES)
_INFO: Final = b"suizheng/share/v1"
_NONCE: Final = bytes(12)
"""The key is used once, since E is fresh."""


class EnvelopeBroken(Refused):
    """The envelope does not open: changed, sealed to another key, or for another bid."""


class PointMalformed(Refused):
    """The bytes are no compressed secp256k1 point."""


def seal(share: bytes, trustee: bytes, context: Context, index: int, ephemeral: bytes) -> bytes:
    """Return the envelope of 32 bytes for the trustee of a number.

    `trustee` is the compressed public key, `ephemeral` 32 fresh random bytes in the curve's order.
    Raise `PointMalformed`, or `AccountKeyInvalid` for a number that is no private key.
    """
    one_time = private_key(ephemeral)
    point = one_time.public_key.format()
    key = _key(one_time, trustee, context, point + trustee)
    return point + ChaCha20Poly1305(key).encrypt(_NONCE, share, context + index.to_bytes(1))


def open_(envelope: bytes, secret: bytes, context: Context, index: int) -> bytes:
    """Return the 32 bytes in an envelope; raise `EnvelopeBroken` unless it was sealed so.

    Raise `AccountKeyInvalid` for what is no trustee's secret.
    """
    if len(envelope) != ENVELOPE_BYTES:
        raise EnvelopeBroken
    own, point = private_key(secret), envelope[:POINT_BYTES]
    try:
        key = _key(own, point, context, point + own.public_key.format())
        sealed = envelope[POINT_BYTES:]
        return ChaCha20Poly1305(key).decrypt(_NONCE, sealed, context + index.to_bytes(1))
    except (InvalidTag, PointMalformed) as exc:
        raise EnvelopeBroken from exc


def cut(envelopes: bytes, trustees: int, part: int) -> list[bytes]:
    """Return a part's envelopes one by one; raise `SharesMismatch` unless there is one for each."""
    if len(envelopes) != trustees * ENVELOPE_BYTES:
        raise SharesMismatch(part)
    return [envelopes[at : at + ENVELOPE_BYTES] for at in range(0, len(envelopes), ENVELOPE_BYTES)]


def _key(own: PrivateKey, other: bytes, context: Context, points: bytes) -> bytes:
    """Return the key from the x-coordinate that both sides compute."""
    if len(other) != POINT_BYTES:
        raise PointMalformed
    try:
        shared = PublicKey(other).multiply(own.secret).format()[_X]
    except ValueError as exc:
        raise PointMalformed from exc
    return HKDF(SHA256(), SECRET_BYTES, context, _INFO + points).derive(shared)
