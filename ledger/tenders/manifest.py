"""A bid's manifest, and the form that is read aloud at opening (招标投标法 art. 36).

The manifest's SHA-256 is what the bid committed itself to; everything else in the file follows
from it. The opening form repeats what everybody may hear, and nothing else.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from ledger import jws
from ledger.canonical import b64url_encode, canonical_json
from ledger.errors import LedgerError
from ledger.keys import PublicKey, Signer
from ledger.tenders import forms
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.errors import UnsealedInvalid
from ledger.tenders.forms import Form
from ledger.tenders.ids import Context, Place
from ledger.tenders.messages import NO_BOND
from ledger.tenders.trustees import octets

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.jws"
OPENING: Final = "opening.json"
CONFIDENTIAL: Final = "confidential.age"
SIGNED_TYPE: Final = "bid-manifest+jws"
_SIGNATURE_CHARACTERS: Final = 86
"""64 bytes in base64url."""
_READ_ALOUD: Final = ("price", "validityDays", "durationDays", "quality", "bond")
_PLACED: Final = ("tender", "lot", "part", "version")


def head(place: Place, part: int, version: int) -> dict[str, Any]:
    """Return the members that bind a manifest to its place."""
    return {
        "version": version,
        "tender": "0x" + place.tender.hex(),
        "lot": place.lot,
        "part": part,
        "ctx": "0x" + place.context(part, version).hex(),
        "suite": 1,
    }


def write(value: Mapping[str, Any]) -> bytes:
    """Return a manifest's bytes; raise `FormInvalid`."""
    return forms.write(Form.MANIFEST, dict(value))


def digest_of(content: bytes) -> bytes:
    """Return SHA-256 of a manifest's bytes."""
    return hashlib.sha256(content).digest()


def identity_commitment(identity: Mapping[str, Any], constant: Context) -> bytes:
    """Return the commitment to who bids; the identity's own salt keeps it from being guessed."""
    digest = hashlib.sha256(canonical_json(identity)).digest()
    return commitment(Tag.IDENTITY, constant, digest)


def bond_commitment(bond: Mapping[str, Any] | None, constant: Context) -> bytes:
    """Return the commitment to the bond, `NO_BOND` where there is none."""
    if bond is None:
        return NO_BOND
    return commitment(Tag.BOND, constant, octets(bond["digest"]))


def opening_form(manifest: Mapping[str, Any]) -> bytes:
    """Return the one opening form that goes with a manifest."""
    identity = manifest["identity"]
    said = {name: manifest[name] for name in (*_PLACED, *_READ_ALOUD)}
    who = {name: identity[name] for name in ("jurisdiction", "code", "name")}
    return canonical_json({"type": "opening-form", **who, **said})


def sign(content: bytes, signer: Signer) -> str:
    """Return the JWS that says whose manifest this is, by the key of its business licence."""
    message = _message(content, signer.public_key)
    return jws.compact(message, signer.sign(message))


def signed_size(content: bytes, key: PublicKey) -> int:
    """Return how long the JWS over a manifest of this length is, in bytes."""
    return len(_message(content, key)) + 1 + _SIGNATURE_CHARACTERS


def require_signed(content: bytes, signature: str, key: PublicKey) -> None:
    """Raise `Refused` unless `key` signed exactly this manifest (`JwsMalformed` and its like)."""
    token = jws.parse(signature, SIGNED_TYPE)
    if token.signing_input.partition(b".")[2].decode("ascii") != b64url_encode(content):
        raise UnsealedInvalid("signature")
    token.verify(key)


def read_at(content: bytes, place: Place, part: int, version: int) -> dict[str, Any]:
    """Return a manifest; raise `UnsealedInvalid` unless it is of this place and well formed."""
    try:
        value = forms.read(Form.MANIFEST, content)
    except LedgerError as exc:
        raise UnsealedInvalid("manifest") from exc
    if any(value[name] != wanted for name, wanted in head(place, part, version).items()):
        raise UnsealedInvalid("place")
    return value


def _message(content: bytes, key: PublicKey) -> bytes:
    header = canonical_json({"alg": "ES256", "kid": key.kid, "typ": SIGNED_TYPE})
    return f"{b64url_encode(header)}.{b64url_encode(content)}".encode("ascii")
