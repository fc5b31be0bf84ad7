"""Trustees' secrets, judged as the contract judges them: 0 < sk < N, and the key is the one named.

A secret of N or more would pass the contract's multiplication as its own remainder, so it is
refused: a published key has one spelling.
"""

from ledger.secp256k1 import AccountKeyInvalid, address_of, private_key
from ledger.tenders.errors import TrusteeKeyInvalid
from ledger.values import Address


def require_released(secret: bytes, trustee: Address, part: int, index: int) -> None:
    """Raise `TrusteeKeyInvalid` unless `secret`, 32 bytes, is that of the trustee's key."""
    try:
        holder = address_of(private_key(secret).public_key)
    except AccountKeyInvalid as exc:
        raise TrusteeKeyInvalid(part, index) from exc
    if holder != trustee:
        raise TrusteeKeyInvalid(part, index)
