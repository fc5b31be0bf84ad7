"""SD-JWT: reading, showing a part, and proving possession of the holder's key (RFC 9901).

`<issuer JWT>~<disclosure>~…~[<KB-JWT>]`. One digest serves every redaction, since it is taken over
the issuer JWT alone.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger import jws
from ledger.errors import Refused, Unavailable
from ledger.keys import CURVE_ORDER, PublicKey, Signer
from ledger.licences.disclosures import (
    Disclosure,
    DisclosureConflict,
    DisclosureForeign,
    SdJwtMalformed,
    digest_of,
    disclose,
    read_disclosures,
)
from ledger.licences.unfolding import Path, Unfolding
from ledger.values import Digest

__all__ = [
    "Disclosure",
    "DisclosureConflict",
    "DisclosureForeign",
    "SdJwt",
    "SdJwtMalformed",
    "bind",
    "check_key_binding",
    "digest_of",
    "disclose",
    "parse",
    "present",
    "read_disclosures",
]

TYPE: Final = "dc+sd-jwt"
FOREIGN_TYPE: Final = "vc+sd-jwt"
KEY_BINDING_TYPE: Final = "kb+jwt"
KEY_BINDING_SECONDS: Final = 300
"""How far the holder's `iat` may lie from the verifier's clock, either way."""
_SIGNATURE_BYTES: Final = 64


@dataclass(eq=False)
class ClaimUnknown(Refused):
    """The document has no such claim to show."""

    name: str


@dataclass(eq=False)
class HolderKeyMissing(Unavailable):
    """The document names no holder key, so nothing can be proven about who shows it."""


@dataclass(eq=False)
class HolderProofMissing(Refused):
    """The holder's proof is missing."""


@dataclass(eq=False)
class HolderProofInvalid(Refused):
    """The holder's proof does not match the document."""


@dataclass(eq=False)
class HolderWrongRequest(Refused):
    """The holder's proof was made for another request."""


@dataclass(eq=False)
class HolderTooOld(Refused):
    """The holder's proof was not made just now."""

    issued_at: int
    now: int


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A parsed document; nothing in it is to be trusted before `jws.verify`.

    `digest` is SHA-256 of the issuer JWT's ASCII. `claims` is the processed payload: disclosed
    items in their places, `_sd` and `_sd_alg` gone.
    """

    issuer_jwt: str
    jws: jws.Jws
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None
    digest: Digest
    claims: dict[str, Any]

    @property
    def compact(self) -> str:
        """The document's text."""
        return self.bound_part + (self.key_binding or "")

    @property
    def bound_part(self) -> str:
        """What `sd_hash` is taken over: all but the KB-JWT, the final `~` included."""
        return "~".join((self.issuer_jwt, *(item.text for item in self.disclosures), ""))


def parse(text: str, types: Sequence[str] = (TYPE, FOREIGN_TYPE)) -> SdJwt:
    """Return the document in `text`, its signatures not yet checked (RFC 9901 §7.1).

    What follows the last `~` is kept as it came, for `check_key_binding` to judge.

    Raises:
        SdJwtMalformed: unless it has the parts of an SD-JWT, each in its one spelling.
        AlgorithmRefused: for any `alg` but ES256.
        TypeRefused: when `typ` is none of `types`.
        DisclosureForeign: for a disclosure that nothing refers to.
        DisclosureConflict: for digests, disclosures or names that repeat, and reserved names.
    """
    issuer_jwt, *middle = text.split("~")
    if not middle:
        raise SdJwtMalformed("no ~")
    *texts, key_binding = middle
    try:
        token = jws.parse(issuer_jwt, *types)
    except jws.JwsMalformed as exc:
        raise SdJwtMalformed("issuer JWT") from exc
    disclosures = read_disclosures(texts)
    claims = Unfolding(token.payload, disclosures).claims
    digest = Digest(hashlib.sha256(issuer_jwt.encode("ascii")).digest())
    return SdJwt(issuer_jwt, token, disclosures, key_binding or None, digest, claims)


def present(document: SdJwt, names: Collection[str]) -> SdJwt:
    """Return the document with the disclosures of `names` alone, without a key binding.

    A name is a path with dots, places of array elements counted from 0: `holder_name`,
    `address.region`, `qualifications.0`. With a claim goes everything inside it and whatever must
    be shown to reach it. What is always visible stays and may be named.

    Raises:
        ClaimUnknown: for a name that is neither visible nor at hand.
    """
    places = Unfolding(document.jws.payload, document.disclosures).places
    wanted: set[str] = set()
    for name in names:
        if not _exists(document.claims, name):
            raise ClaimUnknown(name)
        wanted |= _chosen(places, name)
    kept = tuple(item for item in document.disclosures if item.digest in wanted)
    claims = Unfolding(document.jws.payload, kept).claims
    return replace(document, disclosures=kept, key_binding=None, claims=claims)


def bind(document: SdJwt, holder: Signer, *, audience: str, nonce: str, issued_at: int) -> SdJwt:
    """Return the document with the holder's KB-JWT for one request (RFC 9901 §4.3)."""
    payload = {
        "iat": issued_at,
        "aud": audience,
        "nonce": nonce,
        "sd_hash": digest_of(document.bound_part),
    }
    token = jws.sign(KEY_BINDING_TYPE, payload, holder, with_kid=False)
    return replace(document, key_binding=token)


def check_key_binding(document: SdJwt, *, audience: str, nonce: str, now: int) -> None:
    """Raise unless the holder of the document's key showed it for this request just now.

    Raises:
        HolderKeyMissing: when the document names no key (RFC 7800 `cnf`).
        HolderProofMissing: when there is no KB-JWT.
        HolderProofInvalid: when it is no KB-JWT, or not over this document by this key.
        HolderWrongRequest: when it is for another audience or nonce.
        HolderTooOld: when its `iat` is more than `KEY_BINDING_SECONDS` from `now`.
    """
    confirmation = document.jws.payload.get("cnf")
    if confirmation is None:
        raise HolderKeyMissing
    if document.key_binding is None:
        raise HolderProofMissing
    claims = _proven(document.key_binding, confirmation)
    if claims.get("sd_hash") != digest_of(document.bound_part):
        raise HolderProofInvalid
    if (claims.get("aud"), claims.get("nonce")) != (audience, nonce):
        raise HolderWrongRequest
    issued_at = claims.get("iat")
    if not isinstance(issued_at, int) or isinstance(issued_at, bool):
        raise HolderProofInvalid
    if abs(now - issued_at) > KEY_BINDING_SECONDS:
        raise HolderTooOld(issued_at, now)


def _proven(key_binding: str, confirmation: Any) -> dict[str, Any]:
    """Return the KB-JWT's claims once the holder's key is found to have signed them."""
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    try:
        token = jws.parse(key_binding, KEY_BINDING_TYPE)
        PublicKey.from_jwk(jwk).verify(token.signing_input, _with_low_s(token.signature))
    except Refused as exc:
        raise HolderProofInvalid from exc
    return token.payload


def _with_low_s(signature: bytes) -> bytes:
    """Return the signature's low-s twin: a proof is never anchored, so both spellings will do."""
    s = int.from_bytes(signature[32:])
    if len(signature) != _SIGNATURE_BYTES or s > CURVE_ORDER:
        return signature
    return signature[:32] + min(s, CURVE_ORDER - s).to_bytes(32)


def _chosen(places: dict[str, tuple[Path, tuple[str, ...]]], name: str) -> set[str]:
    chosen: set[str] = set()
    for digest, (path, above) in places.items():
        where = ".".join(map(str, path))
        if f"{where}.".startswith(f"{name}.") or f"{name}.".startswith(f"{where}."):
            chosen |= {digest, *above}
    return chosen


def _exists(claims: Any, name: str) -> bool:
    here = claims
    for step in name.split("."):
        if isinstance(here, list):
            here = {str(place): item for place, item in enumerate(here)}
        if not isinstance(here, dict) or step not in here:
            return False
        here = here[step]
    return True
