"""What we sign in CBOR: one spelling, one signature, one digest, for passes and transfers alike.

A COSE_Sign1 under tag 18 whose protected headers are ES256 and an 8-byte kid, with nothing
unprotected, low s and deterministic encoding throughout: so SHA-256 of the bytes names the
document, and is the leaf that its agency anchors.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.errors import Refused
from ledger.health import cbor, cose
from ledger.keys import CURVE_ORDER, PublicKey, Signer
from ledger.values import Digest, KeyId

KID_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_PROTECTED: Final = cbor.encode({cose.ALG: cose.ES256, cose.KID: bytes(KID_BYTES)})[:-KID_BYTES]


@dataclass(eq=False)
class SignedMalformed(Refused):
    """The bytes are no signed document of ours. Nothing was said about who signed."""

    reason: str


class Signed(NamedTuple):
    """A document as it came, before its signature was checked."""

    encoded: bytes
    kid: bytes
    message: cose.Sign1

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes: the leaf data of its batch."""
        return Digest(hashlib.sha256(self.encoded).digest())


def kid_of(key_id: KeyId) -> bytes:
    """Return the first 8 bytes of a key id, by which a document names its key."""
    return key_id[:KID_BYTES]


def sign(claims: Mapping[int, Any], signer: Signer) -> bytes:
    """Return the signed document."""
    kid = kid_of(signer.public_key.key_id)
    return cose.sign(cbor.encode(claims), signer, {cose.KID: kid})


def sign_all(claims: Iterable[Mapping[int, Any]], signer: Signer) -> list[bytes]:
    """Return the signed documents, with one question to whoever holds the key."""
    kid = kid_of(signer.public_key.key_id)
    return cose.sign_all([cbor.encode(each) for each in claims], signer, {cose.KID: kid})


def read(encoded: bytes) -> Signed:
    """Return the envelope, in its only spelling; raise `SignedMalformed` for any other bytes."""
    parts = cose.framed(encoded, len(_PROTECTED) + KID_BYTES)
    if parts is None:
        raise SignedMalformed(_fault(encoded))
    protected, payload, signature = parts
    if not protected.startswith(_PROTECTED) or _has_high_s(signature):
        raise SignedMalformed(_fault(encoded))
    kid = protected[len(_PROTECTED) :]
    headers = {cose.ALG: cose.ES256, cose.KID: kid}
    return Signed(encoded, kid, cose.Sign1(protected, {}, payload, signature, headers))


def _fault(encoded: bytes) -> str:
    """What keeps bytes from being a document of ours, for whoever has to find out."""
    try:
        message = cose.read(encoded)
    except cose.CoseMalformed as exc:
        return exc.reason
    kid = message.headers.get(cose.KID)
    if type(kid) is not bytes or len(kid) != KID_BYTES:
        return "kid"
    if message.protected != _PROTECTED + kid:
        return "headers"
    signature = message.signature
    if len(signature) != _SIGNATURE_BYTES or _has_high_s(signature):
        return "signature"
    return "not deterministic"


def payload_of(signed: Signed, key: PublicKey) -> bytes:
    """Return what `key` signed; raise `SignatureInvalid`."""
    key.verify(signed.message.signed, signed.message.signature)  # `read` saw that it says ES256
    return signed.message.payload


def _has_high_s(signature: bytes) -> bool:
    return int.from_bytes(signature[_SIGNATURE_BYTES // 2 :]) > CURVE_ORDER // 2
