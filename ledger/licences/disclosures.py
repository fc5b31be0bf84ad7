"""Disclosures of an SD-JWT: one salted claim or array element each (RFC 9901 §4.2)."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_json
from ledger.errors import Refused

SALT_BYTES: Final = 16
"""128 random bits, as RFC 9901 §9.3 recommends."""
_OF_ELEMENT: Final = 2
_OF_CLAIM: Final = 3


@dataclass(eq=False)
class SdJwtMalformed(Refused):
    """The text is not an SD-JWT."""

    reason: str


@dataclass(eq=False)
class DisclosureForeign(Refused):
    """A disclosed item is not of this document."""

    digest: str


@dataclass(eq=False)
class DisclosureConflict(Refused):
    """Disclosed items repeat or clash."""

    reason: str


class Disclosure(NamedTuple):
    """One disclosure: its base64url `text`, what it says, and its `digest` in base64url.

    `name` is None for an array element.
    """

    text: str
    salt: str
    name: str | None
    value: Any
    digest: str


def disclose(salt: bytes, name: str | None, value: Any) -> tuple[str, str]:
    """Return text and digest of the disclosure of a claim, or with `name` None of an element.

    `salt` is 128 random bits that nothing else ever uses.
    """
    shown = b64url_encode(salt)
    parts = [shown, value] if name is None else [shown, name, value]
    text = b64url_encode(orjson.dumps(parts))
    return text, digest_of(text)


def read_disclosure(text: str) -> Disclosure:
    """Return the disclosure in base64url `text`; raise `SdJwtMalformed` unless it is one."""
    try:
        parts = parse_json(b64url_decode(text))
    except Refused as exc:
        raise SdJwtMalformed("disclosure") from exc
    if not isinstance(parts, list) or len(parts) not in (_OF_ELEMENT, _OF_CLAIM):
        raise SdJwtMalformed("disclosure")
    salt, *name, value = parts
    if not isinstance(salt, str) or not salt:
        raise SdJwtMalformed("salt")
    if name and not isinstance(name[0], str):
        raise SdJwtMalformed("name")
    return Disclosure(text, salt, name[0] if name else None, value, digest_of(text))


def digest_of(text: str) -> str:
    """Return base64url of SHA-256 over the ASCII of a disclosure's text (RFC 9901 §4.2.3)."""
    return b64url_encode(hashlib.sha256(text.encode("ascii")).digest())


def decoy_digest(random: bytes) -> str:
    """Return a digest that belongs to no disclosure (RFC 9901 §4.2.5)."""
    return b64url_encode(hashlib.sha256(random).digest())
