"""Compact JWS with ES256 only (RFC 7515 §7.1), read in its one spelling.

JOSE libraries accept high-s signatures, padding and duplicate keys, each of which gives one content
several digests; what is anchored must have one, so these sixty lines are ours.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_object
from ledger.errors import Refused
from ledger.keys import PublicKey, Signer


@dataclass(eq=False)
class JwsMalformed(Refused):
    """The text is not a compact JWS."""


@dataclass(eq=False)
class AlgorithmRefused(Refused):
    """The signature algorithm is not ES256."""

    algorithm: str


@dataclass(eq=False)
class TypeRefused(Refused):
    """The token is of another type."""

    typ: str


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed token; header and payload are not to be trusted before `verify`."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str:
        """The header's `kid`, or an empty string."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else ""

    def verify(self, key: PublicKey) -> None:
        """Raise `SignatureInvalid` unless `key` signed this token."""
        key.verify(self.signing_input, self.signature)


def sign(typ: str, payload: dict[str, Any], signer: Signer, *, with_kid: bool = True) -> str:
    """Return a compact JWS of `payload` with `alg` ES256, `typ` and the signer's `kid`."""
    header = {"alg": "ES256", "typ": typ}
    if with_kid:
        header["kid"] = signer.public_key.kid
    signing_input = f"{b64url_encode(orjson.dumps(header))}.{b64url_encode(orjson.dumps(payload))}"
    return f"{signing_input}.{b64url_encode(signer.sign(signing_input.encode('ascii')))}"


def parse(text: str, *types: str) -> Jws:
    """Return the token in `text`, its signature not yet checked.

    Raises:
        JwsMalformed: unless there are three parts, each in its one spelling, and header and
            payload are JSON objects.
        AlgorithmRefused: for any `alg` but ES256, and for a header with `crit`.
        TypeRefused: when `typ` is none of `types`.
    """
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004  # header, payload, signature
        raise JwsMalformed
    try:
        header, payload = (parse_object(b64url_decode(part)) for part in parts[:2])
        signature = b64url_decode(parts[2])
    except Refused as exc:
        raise JwsMalformed from exc
    if header.get("alg") != "ES256" or "crit" in header:
        raise AlgorithmRefused(str(header.get("alg")))
    if header.get("typ") not in types:
        raise TypeRefused(str(header.get("typ")))
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)
