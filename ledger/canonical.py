"""One spelling only: strict base64url, JSON without duplicate keys, RFC 8785 bytes.

A second spelling of the same content would have another digest, so a reader refuses it.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from math import isinf
from typing import Any

import rfc8785

from ledger.errors import Refused

MAX_DEPTH = 32
"""Deepest nesting that is read; a stranger's file may nest until the stack ends."""


@dataclass(eq=False)
class EncodingNotCanonical(Refused):
    """The text is not base64url in its only spelling."""

    reason: str


@dataclass(eq=False)
class JsonMalformed(Refused):
    """The text is not JSON that has one meaning."""

    reason: str


def b64url_encode(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of `text`; raise `EncodingNotCanonical` for any second spelling."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError) as exc:
        raise EncodingNotCanonical("not base64url") from exc
    if b64url_encode(raw) != text:
        raise EncodingNotCanonical("padding, spare bits or foreign characters")
    return raw


def parse_json(text: str | bytes) -> Any:
    """Return the JSON value in `text`.

    Raises:
        JsonMalformed: for duplicate keys, NaN and infinities, lone surrogates, other encodings
            than UTF-8, and nesting deeper than `MAX_DEPTH` (RFC 8259, I-JSON RFC 7493).
    """
    try:
        value = json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
        )
        _check(value, MAX_DEPTH)
    except JsonMalformed:
        raise
    except (ValueError, RecursionError) as exc:
        raise JsonMalformed("not JSON") from exc
    return value


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in `text`; raise `JsonMalformed` where `parse_json` does or else."""
    value = parse_json(text)
    if not isinstance(value, dict):
        raise JsonMalformed("not an object")
    return value


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of `value`; raise `JsonMalformed` for what I-JSON cannot carry."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as exc:
        raise JsonMalformed(str(exc)) from exc


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonMalformed("duplicate key")
    return found


def _no_constant(name: str) -> None:
    raise JsonMalformed(f"{name} is not JSON")


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise JsonMalformed(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        value.encode("utf-8")  # a lone surrogate is a ValueError
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            _check(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, float) and isinf(value):
        raise JsonMalformed("number out of range")
