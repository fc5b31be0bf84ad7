"""Headers of age v1 files (C2SP age.md): who may open a file, and with what its payload is locked.

Written by hand, since libraries draw their own randomness, which here is an argument, and since a
header of known length lets a file be sealed inside another in one pass.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger import bech32
from ledger.errors import Refused

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 16
"""What a payload begins with."""
TAG_BYTES: Final = 16
MAX_STANZAS: Final = 8
MAX_HEADER_BYTES: Final = 8192
"""Longer ones are not looked at: a stranger's file has no end to its header."""
_FILE_KEY_BYTES: Final = 16
_BODY_BYTES: Final = _FILE_KEY_BYTES + TAG_BYTES
_VERSION: Final = b"age-encryption.org/v1"
_WRAPPING: Final = b"age-encryption.org/v1/X25519"
_FIRST: Final = bytes(12)
_HEADER: Final = re.compile(
    rb"(age-encryption\.org/v1\n(?P<stanzas>(?:->[ -~]+\n(?:[A-Za-z0-9+/]{64}\n)*"
    rb"[A-Za-z0-9+/]{0,63}\n){1,%d})---) (?P<mac>[A-Za-z0-9+/]{43})\n" % MAX_STANZAS
)
_STANZA: Final = re.compile(rb"-> ([ -~]+)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_RECIPIENT: Final = "age"
_IDENTITY: Final = "age-secret-key-"


class SealedMalformed(Refused):
    """The message is no age file with one X25519 recipient, or is too long."""


class SealedForAnother(Refused):
    """The message was sealed to another recipient, or was changed."""


@dataclass(eq=False)
class RecipientMalformed(Refused):
    """The text is no age recipient: `age1…`, 62 characters."""

    recipient: str


@dataclass(frozen=True, slots=True)
class Stanza:
    """One X25519 recipient: the sender's share, and the file key wrapped, 32 bytes each."""

    share: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it was read: its recipients, what its MAC is over, and its length."""

    stanzas: tuple[Stanza, ...]
    signed: bytes
    mac: bytes
    size_bytes: int


def recipient_of(identity: bytes) -> str:
    """Return the recipient, `age1…`, of a secret X25519 key of 32 bytes."""
    return bech32.encode(_RECIPIENT, _public(identity))


def identity_text(identity: bytes) -> str:
    """Return a secret X25519 key of 32 bytes as age files of identities hold it."""
    return bech32.encode(_IDENTITY, identity).upper()


def write(
    recipients: Sequence[str], randomness: Callable[[int], bytes]
) -> tuple[bytes, ChaCha20Poly1305]:
    """Return a new header with the nonce that follows it, and the payload's cipher.

    Its length depends on the number of recipients alone. Raise `RecipientMalformed`.
    """
    file_key = randomness(_FILE_KEY_BYTES)
    lines = [_VERSION]
    for recipient in recipients:
        public, ephemeral = _point(recipient), randomness(KEY_BYTES)
        share = _public(ephemeral)
        wrapping = _derived(_shared(ephemeral, public), share + public, _WRAPPING)
        body = ChaCha20Poly1305(wrapping).encrypt(_FIRST, file_key, None)
        lines += [b"-> X25519 " + _b64(share), _b64(body)]
    signed = b"\n".join([*lines, b"---"])
    nonce = randomness(NONCE_BYTES)
    whole = signed + b" " + _b64(_mac(file_key, signed)) + b"\n" + nonce
    return whole, _payload(file_key, nonce)


def read(octets: bytes) -> Header:
    """Return the header that a file begins with; raise `SealedMalformed`.

    Stanzas that a library adds for practice, of types that end in `-grease`, are passed over; any
    other type but X25519 is refused.
    """
    header = _HEADER.match(octets)
    if header is None:
        raise SealedMalformed
    return Header(tuple(_stanzas(header["stanzas"])), header[1], _raw(header["mac"]), header.end())


def payload_cipher(header: Header, identity: bytes, nonce: bytes) -> ChaCha20Poly1305:
    """Return what opens the payload; raise `SealedForAnother`, or `SealedMalformed`."""
    for stanza in header.stanzas:
        key = _derived(_shared(identity, stanza.share), stanza.share + _public(identity), _WRAPPING)
        try:
            file_key = ChaCha20Poly1305(key).decrypt(_FIRST, stanza.body, None)
        except InvalidTag:
            continue
        if hmac.compare_digest(_mac(file_key, header.signed), header.mac):
            return _payload(file_key, nonce)
    raise SealedForAnother


def _payload(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))


def _stanzas(text: bytes) -> list[Stanza]:
    found: list[Stanza] = []
    for arguments, body in _STANZA.findall(text):
        kind, *rest = arguments.split(b" ")
        if kind == b"X25519" and len(rest) == 1:
            found.append(Stanza(_raw(rest[0]), _raw(body.replace(b"\n", b""))))
        elif not kind.endswith(b"-grease"):
            raise SealedMalformed
    if not found or {(len(one.share), len(one.body)) for one in found} != {
        (KEY_BYTES, _BODY_BYTES)
    }:
        raise SealedMalformed
    return found


def _shared(secret: bytes, public: bytes) -> bytes:
    """The X25519 secret; raise `SealedMalformed` for a point of low order (RFC 7748 §6.1)."""
    try:
        point = X25519PublicKey.from_public_bytes(public)
        return X25519PrivateKey.from_private_bytes(secret).exchange(point)
    except ValueError as exc:
        raise SealedMalformed from exc


def _public(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt or None, purpose).derive(secret)


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")


def _b64(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")


def _raw(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as exc:
        raise SealedMalformed from exc
    if _b64(raw) != text:
        raise SealedMalformed
    return raw


def _point(recipient: str) -> bytes:
    """Return the public key in a recipient."""
    try:
        public = bech32.decode(_RECIPIENT, recipient)
    except bech32.Bech32Malformed as exc:
        raise RecipientMalformed(recipient) from exc
    if len(public) != KEY_BYTES:
        raise RecipientMalformed(recipient)
    return public
