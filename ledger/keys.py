"""Document keys: P-256 points, their ids, and ES256 signatures with low s.

`kid` is base64url of sha256(x ‖ y), not the RFC 7638 thumbprint. A signature is r ‖ s, 32 bytes
each, big-endian (RFC 7518 §3.4); s is at most n / 2, since the other half would give the same
document a second digest.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.canonical import EncodingNotCanonical, b64url_decode, b64url_encode
from ledger.errors import Refused
from ledger.values import KeyId

CURVE_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FIELD: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_CURVE_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""y² = x³ - 3x + b over the integers modulo `_FIELD` (NIST SP 800-186 §3.2.1.3)."""
_HALF_BYTES: Final = 32
_ES256: Final = ec.ECDSA(SHA256())


@dataclass(eq=False)
class PointInvalid(Refused):
    """The two coordinates are no point of P-256."""


@dataclass(eq=False)
class SignatureInvalid(Refused):
    """The signature does not match."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A P-256 point as two coordinates of 32 bytes, big-endian."""

    x: bytes
    y: bytes

    @property
    def key_id(self) -> KeyId:
        """sha256(x ‖ y)."""
        return _key_id(self.x, self.y)

    @property
    def kid(self) -> str:
        """The key id in base64url, 43 characters."""
        return b64url_encode(self.key_id)

    def jwk(self) -> dict[str, str]:
        """The public JWK of RFC 7518 §6.2.1."""
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": b64url_encode(self.x),
            "y": b64url_encode(self.y),
        }

    @classmethod
    def from_jwk(cls, jwk: object) -> "PublicKey":
        """Return the key of a public JWK; raise `PointInvalid` unless it is a point of P-256."""
        if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
            raise PointInvalid
        x, y = jwk.get("x"), jwk.get("y")
        if not isinstance(x, str) or not isinstance(y, str):
            raise PointInvalid
        try:
            key = cls(b64url_decode(x), b64url_decode(y))
        except EncodingNotCanonical as exc:
            raise PointInvalid from exc
        key.loaded()
        return key

    def is_point(self) -> bool:
        """Whether this is a point of P-256, its coordinates of 32 bytes; a tenth of loading it."""
        if len(self.x) != _HALF_BYTES or len(self.y) != _HALF_BYTES:
            return False
        x, y = int.from_bytes(self.x), int.from_bytes(self.y)
        is_on_curve = (y * y - (x * x - 3) * x - _CURVE_B) % _FIELD == 0
        return is_on_curve and x < _FIELD and y < _FIELD

    def loaded(self) -> ec.EllipticCurvePublicKey:
        """Return the key object; raise `PointInvalid` unless it is a point of P-256."""
        return _loaded(self.x, self.y)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise `SignatureInvalid` unless `signature` is `message`'s, 64 bytes with low s."""
        if len(signature) != 2 * _HALF_BYTES:
            raise SignatureInvalid
        r = int.from_bytes(signature[:_HALF_BYTES])
        s = int.from_bytes(signature[_HALF_BYTES:])
        if s > CURVE_ORDER // 2:
            raise SignatureInvalid
        try:
            self.loaded().verify(encode_dss_signature(r, s), message, _ES256)
        except (InvalidSignature, ValueError) as exc:
            raise SignatureInvalid from exc


@lru_cache(maxsize=1024)
def _loaded(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    """Keep the few keys that sign most documents; a miss costs 10 µs of a verification."""
    if len(x) != _HALF_BYTES or len(y) != _HALF_BYTES:
        raise PointInvalid  # 31 and 33 bytes would make the same point
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except ValueError as exc:
        raise PointInvalid from exc


@lru_cache(maxsize=1024)
def _key_id(x: bytes, y: bytes) -> KeyId:
    """Keep the same few keys' ids: three checks of a verification compare them."""
    return KeyId(hashlib.sha256(x + y).digest())


class Signer(Protocol):
    """Whoever can sign with one document key: a key in memory, a signer process, an HSM."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signs."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte, low-s ES256 signature of `message`."""

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Return the signatures of `messages`, in their order, or raise and return none."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A P-256 private key in memory; a `Signer`."""

    secret: ec.EllipticCurvePrivateKey
    public_key: PublicKey

    @classmethod
    def from_secret(cls, secret: bytes) -> "PrivateKey":
        """Return the key of a 32-byte scalar; raise `PointInvalid` for 0, the order and beyond."""
        if len(secret) != _HALF_BYTES:
            raise PointInvalid
        try:
            loaded = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
        except ValueError as exc:
            raise PointInvalid from exc
        numbers = loaded.public_key().public_numbers()
        return cls(loaded, PublicKey(numbers.x.to_bytes(32), numbers.y.to_bytes(32)))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte, low-s ES256 signature of `message`."""
        r, s = decode_dss_signature(self.secret.sign(message, _ES256))
        return r.to_bytes(32) + min(s, CURVE_ORDER - s).to_bytes(32)

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Return the signatures of `messages`, in their order."""
        return [self.sign(message) for message in messages]
