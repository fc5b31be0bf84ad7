"""COSE_Sign1 with ES256 and PS256: read strictly, verified by the registered key's algorithm.

RFC 9052 §4.2 and §4.4, RFC 9053 §2.1, RFC 8230 §2. What a code says about its algorithm chooses
nothing; it only has to agree with the key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import cbor2
from cbor2 import CBORTag
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.errors import Refused
from ledger.health import cbor
from ledger.health.cbor import CborMalformed
from ledger.keys import SignatureInvalid, Signer

ALG: Final = 1
KID: Final = 4
ES256: Final = -7
PS256: Final = -37
SIGN1_TAG: Final = 18
CWT_TAG: Final = 61
MAX_PROTECTED_BYTES: Final = 256

VerificationKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_ECDSA: Final = ec.ECDSA(SHA256())
_PSS: Final = padding.PSS(padding.MGF1(SHA256()), salt_length=32)
_RSA_BITS: Final = range(2048, 4097)
_ES256_BYTES: Final = 64
_PARTS: Final = 4
_FRAME: Final = b"\xd2\x84"  # tag 18, a list of four
_EMPTY_MAP: Final = b"\xa0"
_SIGNATURE_HEAD: Final = b"\x58\x40"  # a byte string of 64
_BYTES: Final = 0x40
"""The head of a byte string shorter than 24, whose length is added (RFC 8949 §3.1)."""
_HEADS: Final = ((4, 65_536), (2, 256), (1, 24))
_ARGUMENT: Final = {1: 24, 2: 25, 4: 26}
_CONTEXT: Final = b"\x84\x6aSignature1"
_NO_BYTES: Final = b"\x40"


@dataclass(eq=False)
class CoseMalformed(Refused):
    """The bytes are no COSE_Sign1."""

    reason: str


@dataclass(eq=False)
class KeyUnsupported(Refused):
    """The key is neither of P-256 nor RSA of 2048 to 4096 bits."""


class Sign1(NamedTuple):
    """One signed message as it came: headers, payload, signature; `tags` from outside inwards."""

    protected: bytes
    unprotected: Mapping[Any, Any]
    payload: bytes
    signature: bytes
    headers: Mapping[Any, Any]
    tags: tuple[int, ...] = (SIGN1_TAG,)

    def header(self, label: int) -> Any:
        """The protected value of `label` if it is there, whatever it is; else the other; None."""
        return self.headers.get(label, self.unprotected.get(label))

    @property
    def signed(self) -> bytes:
        """The Sig_structure: protected bytes as they came, those of an empty map as none."""
        return _sig_structure(self.protected if self.headers else b"", self.payload)


def read(data: bytes) -> Sign1:
    """Return the message that `data` is: untagged, tag 18, or tag 61 over 18 (RFC 8392 §6).

    Raises `CoseMalformed` for anything else, bytes after it and protected headers beyond 256 bytes
    among them. Nothing is said about the signature, and the payload is not opened.
    """
    try:
        value, tags = _untagged(cbor.decode(data))
        protected, unprotected, payload, signature = _four(value)
        headers = cbor.decode(protected) if protected else {}
        cbor.check_plain(headers)
        cbor.check_plain(unprotected)
    except CborMalformed as exc:
        raise CoseMalformed(exc.reason) from exc
    if type(headers) is not dict:
        raise CoseMalformed("protected headers are no map")
    return Sign1(protected, unprotected, payload, signature, headers, tags)


def verify(message: Sign1, key: VerificationKey) -> None:
    """Raise `SignatureInvalid` unless `key` made the signature by its own algorithm.

    ES256: 64 bytes r ‖ s, either s. PS256: as long as the modulus, salt of 32 bytes. A message that
    names another algorithm than the key's, or none, has no valid signature; `KeyUnsupported`
    is about the key alone.
    """
    named = message.header(ALG)
    if type(named) is not int or named != algorithm_of(key):
        raise SignatureInvalid
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(message.signature, message.signed, _PSS, SHA256())
        else:
            key.verify(_der(message.signature), message.signed, _ECDSA)
    except (InvalidSignature, ValueError) as exc:
        raise SignatureInvalid from exc


def algorithm_of(key: VerificationKey) -> int:
    """Return ES256 or PS256, the only one that `key` may be used with; else `KeyUnsupported`."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return ES256
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS:
        return PS256
    raise KeyUnsupported


def sign(payload: bytes, signer: Signer, headers: Mapping[int, Any]) -> bytes:
    """Return the tagged message over `payload` with `headers` and ES256 protected, low s.

    The bytes are deterministic (RFC 8949 §4.2.1) as far as they are ours; `payload` goes as it is.
    """
    protected = cbor.encode({ALG: ES256, **headers})
    signature = signer.sign(_sig_structure(protected, payload))
    return spell(protected, payload, signature)


def sign_all(
    payloads: Sequence[bytes], signer: Signer, headers: Mapping[int, int | bytes]
) -> list[bytes]:
    """Return as `sign` for each payload, with one question to whoever holds the key."""
    protected = cbor.encode({ALG: ES256, **headers})
    signatures = signer.sign_all([_sig_structure(protected, payload) for payload in payloads])
    signed = zip(payloads, signatures, strict=True)
    return [spell(protected, payload, signature) for payload, signature in signed]


def spell(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """Return the only spelling of a message of ours: tag 18, short forms, nothing unprotected."""
    return cbor2.dumps(CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))


def framed(data: bytes, protected_bytes: int) -> tuple[bytes, bytes, bytes] | None:
    """Return protected headers, payload and signature of what `spell` wrote; None for all else.

    That form has one spelling, so its frame is compared instead of decoded and written again. What
    is in the headers is not looked at.
    """
    place = len(_FRAME) + 1 + protected_bytes
    begin = _FRAME + bytes((_BYTES | protected_bytes,))
    if not data.startswith(begin) or data[place : place + 1] != _EMPTY_MAP:
        return None
    end = len(data) - len(_SIGNATURE_HEAD) - _ES256_BYTES
    start = _content_of(data, place + 1, end)
    if start is None or data[end : end + 2] != _SIGNATURE_HEAD:
        return None
    return data[len(begin) : place], data[start:end], data[end + 2 :]


def _content_of(data: bytes, place: int, end: int) -> int | None:
    """Where the content begins of a byte string at `place` in its shortest form up to `end`."""
    try:
        size, start = cbor.head(data, place, cbor.BYTES)
    except CborMalformed:
        return None
    return start if start + size == end else None


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    """The encoding of ["Signature1", protected, b"", payload] (RFC 9052 §4.4)."""
    parts = (_CONTEXT, _head(len(protected)), protected, _NO_BYTES, _head(len(payload)), payload)
    return b"".join(parts)


def _head(size: int) -> bytes:
    """The head of a byte string (RFC 8949 §3.1)."""
    for following, least in _HEADS:
        if size >= least:
            return bytes((_BYTES | _ARGUMENT[following],)) + size.to_bytes(following)
    return bytes((_BYTES | size,))


def _untagged(value: Any) -> tuple[Any, tuple[int, ...]]:
    if type(value) is not CBORTag:
        return value, ()
    if value.tag == SIGN1_TAG:
        return value.value, (SIGN1_TAG,)
    inner = value.value
    if value.tag == CWT_TAG and type(inner) is CBORTag and inner.tag == SIGN1_TAG:
        return inner.value, (CWT_TAG, SIGN1_TAG)
    raise CoseMalformed("tag")


def _four(value: Any) -> tuple[bytes, dict[Any, Any], bytes, bytes]:
    """The four parts of a message, each of its type and size."""
    if type(value) is not list or len(value) != _PARTS:
        raise CoseMalformed("not four parts")
    if tuple(map(type, value)) != (bytes, dict, bytes, bytes):
        raise CoseMalformed("a part of the wrong type")
    if len(value[0]) > MAX_PROTECTED_BYTES:
        raise CoseMalformed("protected headers too long")
    return value[0], value[1], value[2], value[3]


def _der(signature: bytes) -> bytes:
    """A signature of two halves as `cryptography` wants it; DER in a code is no signature."""
    if len(signature) != _ES256_BYTES:
        raise SignatureInvalid
    half = _ES256_BYTES // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
