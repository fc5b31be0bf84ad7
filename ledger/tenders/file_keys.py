"""The key of a bid's file, which needs both secrets (§3.4), as an identity of age."""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger import age_header
from ledger.tenders.ids import Context

KEY_BYTES: Final = 32
_INFO: Final = b"suizheng/sealed-bid/v1"


def file_key(s_b: bytes, s_c: bytes, context: Context) -> bytes:
    """Return the 32 bytes that open a part's file: HKDF-SHA256 of both secrets, in its context."""
    return HKDF(SHA256(), KEY_BYTES, context, _INFO).derive(s_b + s_c)


def recipient(key: bytes) -> str:
    """Return whom the file is sealed to, `age1…`."""
    return age_header.recipient_of(key)


def identity(key: bytes) -> str:
    """Return what stock `age -d -i` reads: `AGE-SECRET-KEY-1…`."""
    return age_header.identity_text(key)
