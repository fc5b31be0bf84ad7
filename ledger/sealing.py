"""Sealed copies behind links of QR codes, `https://<host>/v/<id>#<key>`.

AES-256-GCM whose key travels in the fragment, which browsers do not send, and is never stored.

Layout: 12 bytes of nonce, then ciphertext with its 16-byte tag; the link's id is authenticated
with it, so a copy cannot be passed off under another link.
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import Refused

ID_BYTES: Final = 16
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class LinkUnknown(Refused):
    """The link is unknown, has expired or was withdrawn. Ask for a new one."""


class SealBroken(Refused):
    """The link's key does not open the copy. Copy the link whole, or ask for a new one."""


def seal(content: bytes, key: bytes, link: bytes, randomness: Callable[[int], bytes]) -> bytes:
    """Return `content` sealed under `key`, 32 bytes, for the link with this id."""
    nonce = randomness(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, link)


def open_sealed(sealed: bytes, key: bytes, link: bytes) -> bytes:
    """Return what was sealed; raise `SealBroken` for another key or link, or a changed byte."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], link)
    except (InvalidTag, ValueError) as exc:
        raise SealBroken from exc
