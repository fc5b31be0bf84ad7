"""An account of the chain: a secp256k1 key that signs transactions and messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coincurve import PrivateKey

from ledger import secp256k1
from ledger.chain import transactions
from ledger.chain.transactions import SignedTransaction
from ledger.secp256k1 import AccountKeyInvalid
from ledger.values import Address

__all__ = ["Account", "AccountKeyInvalid", "SignedTransaction"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account in memory; raise `AccountKeyInvalid` unless the secret is 32 bytes in range."""

    private_key: bytes = field(repr=False)
    address: Address = field(init=False)
    _key: PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the address."""
        key = secp256k1.private_key(self.private_key)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "address", secp256k1.address_of(key.public_key))

    def sign_transaction(self, fields: Mapping[str, Any]) -> SignedTransaction:
        """Return a signed transaction; `fields` are those of `transactions.signed`."""
        return transactions.signed(fields, self._key)

    def sign_message(self, text: str) -> bytes:
        """Return the 65-byte EIP-191 signature of a text, as a sign-in needs it."""
        return secp256k1.sign(self._key, secp256k1.text_digest(text))
