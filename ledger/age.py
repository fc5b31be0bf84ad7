"""Short messages sealed to one recipient: age v1 files with one X25519 stanza, 64 KiB at most.

C2SP age.md. Written by hand, since libraries draw their own randomness, which here is an argument;
what any of them seals to one recipient is opened here, and the other way round.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import Refused

KEY_BYTES: Final = 32
MAX_CONTENT_BYTES: Final = 65_536
"""One chunk of the format's payload: longer ones are files, which are streamed."""
_FILE_KEY_BYTES: Final = 16
_NONCE_BYTES: Final = 16
_TAG_BYTES: Final = 16
_VERSION: Final = b"age-encryption.org/v1"
_WRAPPING: Final = b"age-encryption.org/v1/X25519"
_FIRST: Final = bytes(12)
_ONLY: Final = bytes(11) + b"\x01"
"""The nonce of a chunk that is the first and the last."""
_HEADER: Final = re.compile(
    rb"(age-encryption\.org/v1\n(?P<stanzas>(?:->[ -~]+\n(?:[A-Za-z0-9+/]{64}\n)*"
    rb"[A-Za-z0-9+/]{0,63}\n){1,8})---) (?P<mac>[A-Za-z0-9+/]{43})\n"
)
_STANZA: Final = re.compile(rb"-> ([ -~]+)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX: Final = "age"
_RECIPIENT_CHARACTERS: Final = 62


class SealedMalformed(Refused):
    """The message is no age file with one X25519 recipient, or is too long."""


class SealedForAnother(Refused):
    """The message was sealed to another recipient, or was changed."""


@dataclass(eq=False)
class RecipientMalformed(Refused):
    """The text is no age recipient: `age1…`, 62 characters."""

    recipient: str


def recipient_of(identity: bytes) -> str:
    """Return the recipient, `age1…`, of a secret X25519 key of 32 bytes."""
    return _bech32(_public(identity))


def seal(content: bytes, recipient: str, randomness: Callable[[int], bytes]) -> bytes:
    """Return `content` sealed; raise `RecipientMalformed`, or `SealedMalformed` for a long one."""
    if len(content) > MAX_CONTENT_BYTES:
        raise SealedMalformed
    public = _point(recipient)
    file_key, ephemeral = randomness(_FILE_KEY_BYTES), randomness(KEY_BYTES)
    share = _public(ephemeral)
    wrapping = _derived(_shared(ephemeral, public), share + public, _WRAPPING)
    body = ChaCha20Poly1305(wrapping).encrypt(_FIRST, file_key, None)
    header = b"\n".join([_VERSION, b"-> X25519 " + _b64(share), _b64(body), b"---"])
    nonce = randomness(_NONCE_BYTES)
    payload = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    sealed = payload.encrypt(_ONLY, content, None)
    return header + b" " + _b64(_mac(file_key, header)) + b"\n" + nonce + sealed


def unseal(sealed: bytes, identity: bytes) -> bytes:
    """Return what was sealed to `identity`, a secret X25519 key of 32 bytes.

    Stanzas that a library adds for practice, of types that end in `-grease`, are passed over.

    Raises:
        SealedMalformed: for anything but an age file with one X25519 stanza, 64 KiB at most.
        SealedForAnother: when it does not open.
    """
    header = _HEADER.match(sealed)
    if header is None:
        raise SealedMalformed
    share, body = _one_stanza(header["stanzas"])
    payload = sealed[header.end() :]
    if (
        not _NONCE_BYTES + _TAG_BYTES
        <= len(payload)
        <= _NONCE_BYTES + _TAG_BYTES + MAX_CONTENT_BYTES
    ):
        raise SealedMalformed
    wrapping = _derived(_shared(identity, share), share + _public(identity), _WRAPPING)
    try:
        file_key = ChaCha20Poly1305(wrapping).decrypt(_FIRST, body, None)
        if not hmac.compare_digest(_mac(file_key, header[1]), _raw(header["mac"])):
            raise SealedForAnother
        key = _derived(file_key, payload[:_NONCE_BYTES], b"payload")
        return ChaCha20Poly1305(key).decrypt(_ONLY, payload[_NONCE_BYTES:], None)
    except InvalidTag as exc:
        raise SealedForAnother from exc


def _one_stanza(stanzas: bytes) -> tuple[bytes, bytes]:
    """Return the share and the wrapped key of the one X25519 stanza."""
    found: list[tuple[bytes, bytes]] = []
    for arguments, body in _STANZA.findall(stanzas):
        kind, *rest = arguments.split(b" ")
        if kind == b"X25519" and len(rest) == 1:
            found.append((_raw(rest[0]), _raw(body.replace(b"\n", b""))))
        elif not kind.endswith(b"-grease"):
            raise SealedMalformed
    lengths = [(len(share), len(body)) for share, body in found]
    if lengths != [(KEY_BYTES, _FILE_KEY_BYTES + _TAG_BYTES)]:
        raise SealedMalformed
    return found[0]


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
    """Return the public key in a recipient (BIP 173)."""
    symbols = [_LETTERS.find(letter) for letter in recipient.removeprefix(f"{_PREFIX}1")]
    is_formed = len(recipient) == _RECIPIENT_CHARACTERS and recipient.startswith(f"{_PREFIX}1")
    if not is_formed or min(symbols) < 0 or _checksum(symbols) != 1:
        raise RecipientMalformed(recipient)
    bits = "".join(f"{symbol:05b}" for symbol in symbols[:-6])
    if int(bits[KEY_BYTES * 8 :], 2):
        raise RecipientMalformed(recipient)
    return int(bits[: KEY_BYTES * 8], 2).to_bytes(KEY_BYTES)


def _bech32(raw: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % 5)
    symbols = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    check = _checksum([*symbols, *[0] * 6]) ^ 1
    symbols += [check >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{_PREFIX}1" + "".join(_LETTERS[symbol] for symbol in symbols)


def _checksum(symbols: Iterable[int]) -> int:
    """BIP 173's polynomial over prefix and symbols."""
    prefix = [ord(letter) >> 5 for letter in _PREFIX] + [0] + [ord(x) & 31 for x in _PREFIX]
    check = 1
    for symbol in (*prefix, *symbols):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ symbol
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check


_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
