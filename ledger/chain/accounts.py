"""An account of the chain: a secp256k1 key that signs transactions and messages.

coincurve is imported here and not left to chance: without it eth-account signs eleven times slower
and says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coincurve import PrivateKey
from eth_account import Account as Signing
from eth_account.messages import encode_defunct
from eth_hash.auto import keccak

from ledger.chain.wire import ADDRESS_BYTES, checksum
from ledger.errors import Refused
from ledger.values import Address


@dataclass(eq=False)
class AccountKeyInvalid(Refused):
    """The secret is no secp256k1 private key."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes that a node takes, and their keccak, by which the chain knows them."""

    raw: bytes = field(repr=False)
    hash: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """An account in memory; raise `AccountKeyInvalid` unless the secret is 32 bytes in range."""

    private_key: bytes = field(repr=False)
    address: Address = field(init=False)

    def __post_init__(self) -> None:
        """Derive the address: the last 20 bytes of the public point's keccak."""
        try:
            if len(self.private_key) != 32:  # noqa: PLR2004  # bytes of a scalar
                raise AccountKeyInvalid
            point = PrivateKey(self.private_key).public_key.format(compressed=False)[1:]
        except ValueError as exc:
            raise AccountKeyInvalid from exc
        object.__setattr__(self, "address", checksum(keccak(point)[-ADDRESS_BYTES:]))

    def sign_transaction(self, fields: Mapping[str, Any]) -> SignedTransaction:
        """Return a signed transaction; `fields` are those of eth-account, all of them given."""
        signed = Signing.sign_transaction(dict(fields), self.private_key)
        return SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash))

    def sign_message(self, text: str) -> bytes:
        """Return the 65-byte EIP-191 signature of a text, as a sign-in needs it."""
        signed = Signing.sign_message(encode_defunct(text=text), self.private_key)
        return bytes(signed.signature)
