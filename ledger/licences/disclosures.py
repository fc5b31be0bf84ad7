"""Disclosures of an SD-JWT: one salted claim or array element each (RFC 9901 §4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from ledger.canonical import b64url_decode_each, b64url_encode, parse_json_each
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


def read_disclosures(texts: Sequence[str]) -> tuple[Disclosure, ...]:
    """Return the disclosures in base64url `texts`; raise `SdJwtMalformed` unless each is one."""
    try:
        found = parse_json_each(b64url_decode_each(texts))
    except Refused as exc:
        raise SdJwtMalformed("disclosure") from exc
    read: list[Disclosure] = []
    for text, parts, digest in zip(texts, found, _digests_of(texts), strict=True):
        name = None
        if not isinstance(parts, list):
            raise SdJwtMalformed("disclosure")
        if len(parts) == _OF_CLAIM:
            salt, name, value = parts
            if not isinstance(name, str):
                raise SdJwtMalformed("name")
        elif len(parts) == _OF_ELEMENT:
            salt, value = parts
        else:
            raise SdJwtMalformed("disclosure")
        if not isinstance(salt, str) or not salt:
            raise SdJwtMalformed("salt")
        # As `Disclosure(…)`, which would be a call of a Python function for each.
        read.append(tuple.__new__(Disclosure, (text, salt, name, value, digest)))
    return tuple(read)


def digest_of(text: str) -> str:
    """Return base64url of SHA-256 over the ASCII of a disclosure's text (RFC 9901 §4.2.3)."""
    return b64url_encode(sha256(text.encode("ascii")).digest())


def _digests_of(texts: Sequence[str]) -> list[str]:
    """Return `digest_of` each of `texts`, encoded in one go.

    With a byte between them digests are 33 bytes apart and their encodings 44 characters.
    """
    digests = b"\0".join([sha256(text.encode("ascii")).digest() for text in texts])
    encoded = b64url_encode(digests)
    return [encoded[at : at + 43] for at in range(0, len(encoded), 44)]


def decoy_digest(random: bytes) -> str:
    """Return a digest that belongs to no disclosure (RFC 9901 §4.2.5)."""
    return b64url_encode(sha256(random).digest())
