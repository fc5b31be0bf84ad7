"""Transactions as the bytes that nodes take: RLP, EIP-1559 and, for older chains, EIP-155.

Written by hand because eth-account takes a third of a millisecond for each and half a second to
import; a property holds these bytes against eth-account's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from coincurve import PrivateKey
from eth_hash.auto import keccak

_DYNAMIC_FEES: Final = b"\x02"
_SHORT: Final = 56
_STRING: Final = 0x80
_LIST: Final = 0xC0
_EIP155: Final = 35

Item = bytes | Sequence["Item"]


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes that a node takes, and their keccak, by which the chain knows them."""

    raw: bytes = field(repr=False)
    hash: bytes


def rlp(item: Item) -> bytes:
    """Return the recursive length prefix encoding of bytes or a list (Yellow Paper, app. B)."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _STRING:
            return item
        return _prefix(_STRING, len(item)) + item
    body = b"".join(map(rlp, item))
    return _prefix(_LIST, len(body)) + body


def number(value: int) -> bytes:
    """Return a number without leading zeros, as RLP wants it; zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8)


def signed(fields: Mapping[str, Any], key: PrivateKey) -> SignedTransaction:
    """Return a signed transaction.

    `fields` are named as eth-account names them, all of them given: chainId, nonce, gas, to (an
    address, or "" for a new contract), value, data (bytes), and either gasPrice or maxFeePerGas
    with maxPriorityFeePerGas.
    """
    raw = _legacy(fields, key) if "gasPrice" in fields else _dynamic(fields, key)
    return SignedTransaction(raw, keccak(raw))


def _dynamic(fields: Mapping[str, Any], key: PrivateKey) -> bytes:
    ahead = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")
    content: list[Item] = [*(number(fields[name]) for name in ahead), *_body(fields), []]
    r, s, parity = _signature(_DYNAMIC_FEES + rlp(content), key)
    return _DYNAMIC_FEES + rlp([*content, number(parity), r, s])


def _legacy(fields: Mapping[str, Any], key: PrivateKey) -> bytes:
    ahead = ("nonce", "gasPrice", "gas")
    content: list[Item] = [*(number(fields[name]) for name in ahead), *_body(fields)]
    chain = fields["chainId"]
    r, s, parity = _signature(rlp([*content, number(chain), b"", b""]), key)
    return rlp([*content, number(2 * chain + _EIP155 + parity), r, s])


def _body(fields: Mapping[str, Any]) -> list[Item]:
    to = bytes.fromhex(fields["to"].removeprefix("0x"))
    return [to, number(fields["value"]), fields["data"]]


def _signature(content: bytes, key: PrivateKey) -> tuple[bytes, bytes, int]:
    """Return r, s and the parity of the signature of the content's keccak."""
    found = key.sign_recoverable(keccak(content), hasher=None)
    return found[:32].lstrip(b"\0"), found[32:64].lstrip(b"\0"), found[64]


def _prefix(kind: int, size: int) -> bytes:
    if size < _SHORT:
        return bytes([kind + size])
    length = number(size)
    return bytes([kind + _SHORT - 1 + len(length)]) + length
