"""One spelling only: strict base64url, JSON without duplicate keys, RFC 8785 bytes.

A second spelling of the same content would have another digest, so a reader refuses it.
"""

import json
import re
import string
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isinf
from typing import Any, Final

import orjson
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
_PADDING: Final = (b"", b"===", b"==", b"=")
"""What base64 wants added, by the text's length modulo 4; three are wrong anywhere."""
_FILL: Final = ("", "AAA", "AA", "A")
"""Zeros that fill a text up to whole groups of four characters."""
_OPENING: Final = b"{["
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # linear: never fails
_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_SORTED: Final = orjson.OPT_SORT_KEYS
_OTHER_NUMBER: Final = re.compile(r"(?:^|[:\[,])-?(?:\d{16}|\d+[.eE])")
_FIRST_SURROGATE: Final = "\ud800"
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
    return b2a_base64(raw, newline=False).translate(_TO_URL, b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of `text`; raise `EncodingNotCanonical` for any second spelling."""
    try:
        plain = text.encode("ascii").translate(_FROM_URL)
        raw = a2b_base64(plain + _PADDING[len(plain) % 4], strict_mode=True)
    except ValueError as exc:  # binascii's own error is one
        raise EncodingNotCanonical("not base64url, or padded") from exc
    if text and text[-1] not in _LAST[len(text) % 4]:
        raise EncodingNotCanonical("spare bits")
    return raw


def b64url_decode_each(texts: Sequence[str]) -> list[bytes]:
    """Return the bytes of each of `texts`; raise `EncodingNotCanonical` where any has none.

    All in one call: each is filled up to whole bytes with zeros, which are left out again.
    """
    filled = "".join([text + _FILL[len(text) & 3] for text in texts])
    try:
        raw = a2b_base64(filled.encode("ascii").translate(_FROM_URL), strict_mode=True)
    except ValueError as exc:
        raise EncodingNotCanonical("not base64url, or padded") from exc
    at, found = 0, []
    for text in texts:
        size = len(text)
        if text and text[-1] not in _LAST[size & 3]:
            raise EncodingNotCanonical("spare bits")
        found.append(raw[at : at + (size * 3 >> 2)])
        at += (size + 3 >> 2) * 3
    return found


def parse_json(text: str | bytes) -> Any:
    """Return the JSON value in `text`.

    Raises:
        JsonMalformed: for duplicate keys, NaN and infinities, lone surrogates, other encodings
            than UTF-8, and nesting deeper than `MAX_DEPTH` (RFC 8259, I-JSON RFC 7493).
    """
    try:
        raw = text if isinstance(text, bytes) else text.encode("utf-8")
        if len(raw) - len(raw.translate(None, _OPENING)) <= MAX_DEPTH:
            # Most JSON comes as orjson writes it, without a space or a needless escape. What it
            # writes of the value it read, byte for byte the same, can have lost nothing: neither
            # a second member of one name nor a digit. It takes a fifth of the strict reader's time.
            value = orjson.loads(raw)
            if orjson.dumps(value) == raw:
                return value
    except ValueError:
        pass  # the strict reader tells what is wrong, or reads what orjson would not
    return _parse_strictly(text)


def parse_json_each(texts: list[bytes]) -> list[Any]:
    """Return the JSON value in each of `texts`; raise `JsonMalformed` where `parse_json` does."""
    joined = b",".join(texts)
    try:
        if len(joined) - len(joined.translate(None, _OPENING)) <= MAX_DEPTH:
            # As above, in one call; texts that are whole only together write otherwise one by one.
            values: list[Any] = orjson.loads(b"[" + joined + b"]")
            if list(map(orjson.dumps, values)) == texts:
                return values
    except ValueError:
        pass
    return list(map(parse_json, texts))


def _parse_strictly(text: str | bytes) -> Any:
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
    quick = _written_twice(value)
    if quick is not None:
        return quick
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as exc:
        raise JsonMalformed(str(exc)) from exc


def _written_twice(value: Any) -> bytes | None:
    """Return what two compiled writers agree on, None where that may not be RFC 8785.

    A tenth of rfc8785's time. One of them refuses NaN, the other keys that are no text; other
    numbers than short integers are left out, and so are texts whose order UTF-16 may turn around.
    """
    try:
        text = _ENCODER.encode(value)
        written = orjson.dumps(value, option=_SORTED)
        if written != text.encode("utf-8") or _OTHER_NUMBER.search(text):
            return None
    except (TypeError, ValueError, RecursionError):
        return None
    return written if text.isascii() or max(text) < _FIRST_SURROGATE else None


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
