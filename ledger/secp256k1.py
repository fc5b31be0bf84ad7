"""Accounts' keys: addresses, signatures over 32-byte digests, and who made one.

coincurve is imported here and not left to chance: other libraries sign a hundred times slower
without it and say nothing. What eth-account does in a third of a millisecond is a fiftieth here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.values import Address

ADDRESS_BYTES: Final = 20
SECRET_BYTES: Final = 32
SIGNATURE_BYTES: Final = 65
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_FIRST_V: Final = 27
_REMEMBERED: Final = 4096
_SPELLING: Final = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(eq=False)
class AccountKeyInvalid(Refused):
    """The secret is no secp256k1 private key."""


def private_key(secret: bytes) -> PrivateKey:
    """Return the key; raise `AccountKeyInvalid` unless the secret is 32 bytes in range."""
    if len(secret) != SECRET_BYTES or not 0 < int.from_bytes(secret) < ORDER:
        raise AccountKeyInvalid
    return PrivateKey(secret)


@lru_cache(_REMEMBERED)
def checksum(account: bytes) -> Address:
    """Return a 20-byte account with its EIP-55 check case."""
    digits = account.hex()
    marks = keccak(digits.encode()).hex()
    cased = (
        digit.upper() if int(mark, 16) > 7 else digit  # noqa: PLR2004  # EIP-55: upper from 8 on
        for digit, mark in zip(digits, marks, strict=False)
    )
    return Address("0x" + "".join(cased))


def is_checksummed(text: str) -> bool:
    """Return whether a text is an address in its EIP-55 case."""
    return bool(_SPELLING.fullmatch(text)) and checksum(bytes.fromhex(text[2:])) == text


def address_of(key: PublicKey) -> Address:
    """Return a key's account: the last 20 bytes of its point's keccak."""
    return checksum(keccak(key.format(compressed=False)[1:])[-ADDRESS_BYTES:])


def text_digest(text: str) -> bytes:
    """Return what an account signs for a text (EIP-191, "personal message")."""
    octets = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n%d" % len(octets) + octets)


def sign(key: PrivateKey, digest: bytes) -> bytes:
    """Return the 65 bytes r ‖ s ‖ v, v being 27 or 28, by the nonce of RFC 6979."""
    signature = key.sign_recoverable(digest, hasher=None)
    return signature[:-1] + bytes([signature[-1] + _FIRST_V])


def recover(digest: bytes, signature: bytes) -> Address:
    """Return the account that signed a digest; raises as `recover_key`."""
    return address_of(recover_key(digest, signature))


def recover_key(digest: bytes, signature: bytes) -> PublicKey:
    """Return the public key that signed a digest.

    Raises:
        SignatureInvalid: unless there are 65 bytes r ‖ s ‖ v, v is 27 or 28, and s is at most half
            the order, as OpenZeppelin's ECDSA asks: one content, one signature.
    """
    if len(signature) != SIGNATURE_BYTES or signature[-1] - _FIRST_V not in (0, 1):
        raise SignatureInvalid
    if int.from_bytes(signature[32:64]) > ORDER // 2:
        raise SignatureInvalid
    compact = signature[:-1] + bytes([signature[-1] - _FIRST_V])
    try:
        return PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError as exc:
        raise SignatureInvalid from exc
