"""Short messages sealed to one recipient: age v1 files with one X25519 stanza, 64 KiB at most.

C2SP age.md. What any program seals to one recipient is opened here, and the other way round; longer
ones are streamed (`ledger.age_stream`).
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag

from ledger import age_header
from ledger.age_header import (
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    RecipientMalformed,
    SealedForAnother,
    SealedMalformed,
    recipient_of,
)

__all__ = [
    "KEY_BYTES",
    "MAX_CONTENT_BYTES",
    "RecipientMalformed",
    "SealedForAnother",
    "SealedMalformed",
    "recipient_of",
    "seal",
    "unseal",
]

MAX_CONTENT_BYTES: Final = 65_536
"""One chunk of the format's payload."""
_ONLY: Final = bytes(11) + b"\x01"
"""The nonce of a chunk that is the first and the last."""


def seal(content: bytes, recipient: str, randomness: Callable[[int], bytes]) -> bytes:
    """Return `content` sealed; raise `RecipientMalformed`, or `SealedMalformed` for a long one."""
    if len(content) > MAX_CONTENT_BYTES:
        raise SealedMalformed
    start, cipher = age_header.write([recipient], randomness)
    return start + cipher.encrypt(_ONLY, content, None)


def unseal(sealed: bytes, identity: bytes) -> bytes:
    """Return what was sealed to `identity`, a secret X25519 key of 32 bytes.

    Raises:
        SealedMalformed: for anything but an age file with one X25519 stanza, 64 KiB at most.
        SealedForAnother: when it does not open.
    """
    header = age_header.read(sealed)
    payload = sealed[header.size_bytes :]
    least = NONCE_BYTES + TAG_BYTES
    if len(header.stanzas) != 1 or not least <= len(payload) <= least + MAX_CONTENT_BYTES:
        raise SealedMalformed
    cipher = age_header.payload_cipher(header, identity, payload[:NONCE_BYTES])
    try:
        return cipher.decrypt(_ONLY, payload[NONCE_BYTES:], None)
    except InvalidTag as exc:
        raise SealedForAnother from exc
