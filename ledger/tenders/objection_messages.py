"""The one message that a bidder signs to the AwardLedger: its objection (IAwardLedger)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger import secp256k1
from ledger.eip712 import MessageUnencodable, Types, digest_of, type_hash, word
from ledger.tenders.events import Stage
from ledger.tenders.ids import TenderId
from ledger.values import Address, LedgerRef

DOMAIN_NAME: Final = "Suizheng AwardLedger"
_TYPES: Final[Types] = MappingProxyType(
    {
        "LodgeObjection": (
            {"name": "tenderId", "type": "bytes32"},
            {"name": "lot", "type": "uint16"},
            {"name": "stage", "type": "uint8"},
            {"name": "bidder", "type": "address"},
            {"name": "digest", "type": "bytes32"},
        )
    }
)
_HASH: Final = type_hash(_TYPES, "LodgeObjection")
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class LodgeObjection:
    """An objection of a live bid's key; `digest` is SHA-256 of its paper."""

    tender: TenderId
    lot: int
    stage: Stage
    bidder: Address
    digest: bytes


def digest(awards: LedgerRef, said: LodgeObjection) -> bytes:
    """Return the 32 bytes to sign to the AwardLedger.

    Raise `MessageUnencodable` for a value that does not fit its type.
    """
    if len(said.tender) != _HASH_BYTES or len(said.digest) != _HASH_BYTES:
        raise MessageUnencodable
    numbers = word(said.lot, 16) + word(said.stage, 8) + word(int(said.bidder, 16), 160)
    return digest_of(DOMAIN_NAME, awards, _HASH + said.tender + numbers + said.digest)


def sign(awards: LedgerRef, said: LodgeObjection, private_key: bytes) -> bytes:
    """Return the signature by a secp256k1 key of 32 bytes: 65 bytes r ‖ s ‖ v, s low."""
    return secp256k1.sign(secp256k1.private_key(private_key), digest(awards, said))
