"""From the text of a code to its signed message: each layer strict, bounded, refused by name.

hcert_spec.md §3 and §4; RFC 9285 (Base45), RFC 1950 (zlib), RFC 9052 (COSE).
"""

import hashlib
from typing import Final

from ledger.health import base45, cose
from ledger.health.base45 import Base45Malformed
from ledger.health.cose import CoseMalformed, Sign1
from ledger.health.inflation import DeflateMalformed, inflate
from ledger.health.qr_text import MAX_CHARACTERS
from ledger.health.reasons import CodeRefused, Reason
from ledger.values import Digest

PREFIX: Final = "HC1:"
MAX_INFLATED: Final = 65_536
KID_BYTES: Final = 8


def read(text: str) -> Sign1:
    """Return the message in a code's text; raise `CodeRefused` with PREFIX, FORMAT or SIGNATURE.

    Steps 1 to 5 of reading: prefix, Base45, inflation, COSE, headers. The signature is not verified
    and the payload not opened.
    """
    message = parsed(inflated(decoded(unprefixed(text))))
    if type(message.header(cose.KID)) is not bytes or len(message.header(cose.KID)) != KID_BYTES:
        raise CodeRefused(Reason.FORMAT, "kid")
    algorithm = message.header(cose.ALG)
    if type(algorithm) is not int or algorithm not in (cose.ES256, cose.PS256):
        raise CodeRefused(Reason.SIGNATURE, "algorithm")
    return message


def unprefixed(text: str) -> str:
    """Return what follows `HC1:`, in exactly that case."""
    if not text.startswith(PREFIX):
        raise CodeRefused(Reason.PREFIX, "prefix")
    return text[len(PREFIX) :]


def decoded(text: str) -> bytes:
    """Return the bytes of a Base45 text, which is not trimmed: a space is one of its digits."""
    if len(text) > MAX_CHARACTERS - len(PREFIX):
        raise CodeRefused(Reason.FORMAT, "too many characters")
    try:
        return base45.decode(text)
    except Base45Malformed as exc:
        raise CodeRefused(Reason.FORMAT, "Base45") from exc


def inflated(data: bytes) -> bytes:
    """Return the one zlib stream that `data` is, at most 65,536 bytes, nothing after it."""
    try:
        return inflate(data, MAX_INFLATED)
    except DeflateMalformed as exc:
        raise CodeRefused(Reason.FORMAT, exc.reason) from exc


def parsed(data: bytes) -> Sign1:
    """Return the COSE_Sign1 that `data` is."""
    try:
        return cose.read(data)
    except CoseMalformed as exc:
        raise CodeRefused(Reason.FORMAT, exc.reason) from exc


def subject_of(message: Sign1) -> bytes:
    """Return what stands for a code: r of its signature, since s may be replaced by n - s."""
    signature = message.signature
    is_pair = message.header(cose.ALG) == cose.ES256
    return signature[: len(signature) // 2] if is_pair else signature


def digest_of(message: Sign1, receiver: str) -> Digest:
    """Return the digest under which a jurisdiction anchors that it converted a code.

    SHA-256 in the name of the receiver over SHA-256 of what was signed, and over `subject_of`,
    which nobody guesses. That alone would not do: whoever steals a key works out of a code that is
    known how its r was drawn, and signs others with the same.
    """
    name = f"health:hcert\n{receiver}\n".encode()
    content = hashlib.sha256(message.signed).digest()
    return Digest(hashlib.sha256(name + content + subject_of(message)).digest())
