"""Writing `HC1:` codes that others read: deterministic, alphanumeric, every header protected.

hcert_spec.md §3 and §4; RFC 8949 §4.2.1; ISO/IEC 18004.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import segno

from ledger.errors import Refused
from ledger.health import cbor, cose, qr_text
from ledger.health.hcert import schema
from ledger.health.hcert.claims import DCC, EXP, HCERT, IAT, ISS, TYPES
from ledger.health.hcert.envelope import KID_BYTES, PREFIX
from ledger.health.qr_text import MAX_CHARACTERS
from ledger.keys import Signer
from ledger.values import Seconds

ENTROPY_BYTES: Final = 16
"""Of fresh randomness in every number: nobody shall find a person's code by trying."""
MAX_ID: Final = 80


@dataclass(eq=False)
class CertificateUnfit(Refused):
    """The certificate may not be written as a health code."""

    fault: str


def certificate_id(prefix: str, entropy: bytes) -> str:
    """Return a certificate's number: `prefix` and 26 base32 characters of 16 random bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise CertificateUnfit("entropy")
    number = prefix + base64.b32encode(entropy).decode().rstrip("=")
    if len(number) > MAX_ID:
        raise CertificateUnfit("number too long")
    return number


def write(
    certificate: Mapping[str, Any],
    issuer: str,
    issued_at: Seconds,
    expires_at: Seconds,
    signer: Signer,
    verify_until: Seconds,
) -> str:
    """Return the text of a code over `certificate`; times in Unix seconds.

    The kid is the first eight bytes of the key's id, which an exported trust list states. Raises
    `CertificateUnfit` unless the certificate fits its schema with exactly one entry, its times are
    in order, and it expires by `verify_until`, when its key ceases to verify.
    """
    entries = [len(certificate[group]) for group in TYPES if group in certificate]
    for fault in sorted(schema.faults(certificate)):
        raise CertificateUnfit(fault)
    if entries != [1]:
        raise CertificateUnfit("not exactly one entry")
    if not issued_at < expires_at <= verify_until:
        raise CertificateUnfit("times")
    claims = {ISS: issuer, EXP: expires_at, IAT: issued_at, HCERT: {DCC: certificate}}
    kid = signer.public_key.key_id[:KID_BYTES]
    message = cose.sign(cbor.encode(claims), signer, {cose.KID: kid})
    text = qr_text.encode(PREFIX, zlib.compress(message, 9))
    if len(text) > MAX_CHARACTERS:
        raise CertificateUnfit("too long")
    return text


def symbol(text: str) -> segno.QRCode:
    """Return the QR code of a code's text: alphanumeric, level Q, to be shown 35 to 60 mm wide."""
    return segno.make(text, mode="alphanumeric", error="q", boost_error=False, micro=False)
