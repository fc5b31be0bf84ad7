"""Compact JWS with ES256 only (RFC 7515 §7.1), read in its one spelling.

JOSE libraries accept high-s signatures, padding and duplicate keys, each of which gives one content
several digests; what is anchored must have one, so these sixty lines are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_object
from ledger.errors import Refused
from ledger.keys import PublicKey, Signer

_USUAL_HEADER: Final = 256
"""No longer header is kept, in characters."""


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

    header: Mapping[str, Any]
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
    message = signing_input(typ, payload, signer.public_key if with_kid else None)
    return compact(message, signer.sign(message))


def signing_input(typ: str, payload: dict[str, Any], key: PublicKey | None) -> bytes:
    """Return what is signed (RFC 7515 §5.1): `alg` ES256, `typ`, the `kid` of `key`; payload."""
    return f"{_header(typ, key)}.{b64url_encode(orjson.dumps(payload))}".encode("ascii")


def compact(message: bytes, signature: bytes) -> str:
    """Return the compact JWS of a signing input and its signature."""
    return f"{message.decode('ascii')}.{b64url_encode(signature)}"


@lru_cache(maxsize=256)
def _header(typ: str, key: PublicKey | None) -> str:
    """Keep the few headers that a process writes: a hash and two encodings a document."""
    header = {"alg": "ES256", "typ": typ}
    if key is not None:
        header["kid"] = key.kid
    return b64url_encode(orjson.dumps(header))


def read_header(part: str) -> Mapping[str, Any]:
    """Return the header in a token's first part; raise `Refused` unless it is a JSON object."""
    return _kept_header(part) if len(part) <= _USUAL_HEADER else _read_header(part)


def _read_header(part: str) -> Mapping[str, Any]:
    return MappingProxyType(parse_object(b64url_decode(part)))


_kept_header: Final = lru_cache(maxsize=256)(_read_header)
"""Keeps the few headers that most tokens come with: those of the keys that sign them."""


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
        header, payload = read_header(parts[0]), parse_object(b64url_decode(parts[1]))
        signature = b64url_decode(parts[2])
    except Refused as exc:
        raise JwsMalformed from exc
    if header.get("alg") != "ES256" or "crit" in header:
        raise AlgorithmRefused(str(header.get("alg")))
    if header.get("typ") not in types:
        raise TypeRefused(str(header.get("typ")))
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)
