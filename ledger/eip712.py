"""EIP-712: the hashes that every typed message of ours shares, each value one word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from eth_hash.auto import keccak

from ledger.errors import Refused
from ledger.values import LedgerRef

DOMAIN_VERSION: Final = "1"
_CONTRACTS: Final = 16

Types = Mapping[str, Sequence[Mapping[str, str]]]
DOMAIN: Final[Types] = MappingProxyType(
    {
        "EIP712Domain": (
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        )
    }
)


@dataclass(eq=False)
class MessageUnencodable(Refused):
    """A value of the message does not fit its type."""


def type_hash(types: Types, name: str, *others: str) -> bytes:
    """Return EIP-712's typeHash: the type, then those it refers to, by name."""
    spelt = (
        f"{each}({','.join(member['type'] + ' ' + member['name'] for member in types[each])})"
        for each in (name, *sorted(others))
    )
    return keccak("".join(spelt).encode())


def digest_of(name: str, contract: LedgerRef, struct: bytes) -> bytes:
    """Return the 32 bytes to sign for an encoded struct, to a contract by its domain's name."""
    return keccak(b"\x19\x01" + _domain(name, contract) + keccak(struct))


def shown(
    name: str, contract: LedgerRef, types: Types, primary: str, message: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the JSON that a wallet shows and signs (`eth_signTypedData_v4`)."""
    return {
        "types": {each: list(members) for each, members in {**DOMAIN, **types}.items()},
        "primaryType": primary,
        "domain": {
            "name": name,
            "version": DOMAIN_VERSION,
            "chainId": contract.chain_id,
            "verifyingContract": contract.address,
        },
        "message": dict(message),
    }


def word(value: int, bits: int) -> bytes:
    """Return a number as 32 bytes; raise `MessageUnencodable` where it has more bits."""
    if value < 0 or value >> bits:
        raise MessageUnencodable
    return value.to_bytes(32)


@lru_cache(_CONTRACTS)
def _domain(name: str, contract: LedgerRef) -> bytes:
    names = keccak(name.encode()) + keccak(DOMAIN_VERSION.encode())
    address = word(int(contract.address, 16), 160)
    return keccak(
        type_hash(DOMAIN, "EIP712Domain") + names + word(contract.chain_id, 256) + address
    )
