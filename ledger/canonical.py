"""One spelling only: strict base64url, JSON without duplicate keys, RFC 8785 bytes.

A second spelling of the same content would have another digest, so a reader refuses it.
"""

import json
import re
import string
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from itertools import accumulate
from math import isinf
from typing import Any, Final

import rfc8785

from ledger.errors import Refused

MAX_DEPTH: Final = 32
"""Most containers inside one another; a stranger's file may nest until the stack ends."""
_WHITESPACE: Final = " \t\n\r"
"""What RFC 8259 §2 allows around a value."""
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
"""What base64url lacks becomes what base64 lacks, so that strict decoding refuses it."""
_ALPHABET: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_LAST: Final = (_ALPHABET, "", _ALPHABET[::16], _ALPHABET[::4])
"""Characters that may end a text, by its length modulo 4: those without spare bits."""
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # linear: never fails
_BRACKET: Final = re.compile(r"[\[\]{}]")


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
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of `text`; raise `EncodingNotCanonical` for any second spelling."""
    try:
        plain = text.encode("ascii").translate(_FROM_URL)
        raw = a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except ValueError as exc:  # binascii's own error is one
        raise EncodingNotCanonical("not base64url, or padded") from exc
    if text and text[-1] not in _LAST[len(text) % 4]:
        raise EncodingNotCanonical("spare bits")
    return raw


def parse_json(text: str | bytes) -> Any:
    """Return the JSON value in `text`.

    Raises:
        JsonMalformed: for duplicate keys, NaN and infinities, lone surrogates, other encodings
            than UTF-8, and nesting deeper than `MAX_DEPTH` (RFC 8259, I-JSON RFC 7493).
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        else:
            text.encode("utf-8")
        _refuse_depth(read := text.strip(_WHITESPACE))
        value, end = _DECODER.raw_decode(read)
        _refuse_rest(read, end)
        if "\\u" in read:
            _refuse_surrogates(value)
    except JsonMalformed:
        raise
    except ValueError as exc:  # a lone surrogate is one too
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


def _finite(written: str) -> float:
    number = float(written)
    if isinf(number):
        raise JsonMalformed("number out of range")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
)


def _refuse_rest(text: str, end: int) -> None:
    if end != len(text):
        raise JsonMalformed("more than one value")


def _refuse_depth(text: str) -> None:
    """Count before decoding: the decoder recurses, and its stack may end before its limit does."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    steps = (1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(_STRING.sub("", text)))
    if any(depth > MAX_DEPTH for depth in accumulate(steps)):
        raise JsonMalformed(f"nested deeper than {MAX_DEPTH}")


def _refuse_surrogates(value: Any) -> None:
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            _refuse_surrogates(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_surrogates(item)
