"""What a tender, and a place in it, are called on chain (tenders, §2 and §3.1)."""

import hashlib
from dataclasses import dataclass
from typing import Final, NewType

from eth_hash.auto import keccak

from ledger.eip712 import MessageUnencodable, word
from ledger.values import Address, AgencyId, LedgerRef

TenderId = NewType("TenderId", bytes)
"""keccak256(abi.encode(agency, ref)), 32 bytes."""
Context = NewType("Context", bytes)
"""What every secret of a bid is bound to, 32 bytes."""

MAX_LOTS: Final = 64
_ID_BYTES: Final = 32
_REHEARSAL: Final = b"rehearsal"


@dataclass(frozen=True, slots=True)
class Place:
    """One bidder's place in one lot: whoever copies a commitment stands at another place."""

    ledger: LedgerRef
    tender: TenderId
    lot: int
    bidder: Address

    def context(self, part: int, version: int) -> Context:
        """Return the context of one part of one version of the bid.

        Raise `MessageUnencodable` for what does not fit its type.
        """
        if len(self.tender) != _ID_BYTES:
            raise MessageUnencodable
        words = (
            word(self.ledger.chain_id, 256),
            word(int(self.ledger.address, 16), 160),
            self.tender,
            word(self.lot, 16),
            word(part, 8),
            word(int(self.bidder, 16), 160),
            word(version, 32),
        )
        return Context(keccak(b"".join(words)))

    @property
    def constant(self) -> Context:
        """The context of what stays the same over all versions: identity, bond, presentations."""
        return self.context(0, 0)


def ref_of(number: str) -> bytes:
    """Return the ref of a project number: SHA-256 of its UTF-8."""
    return hashlib.sha256(number.encode()).digest()


def tender_id(agency: AgencyId, ref: bytes) -> TenderId:
    """Return the id of an agency's tender; raise `MessageUnencodable` unless both have 32 bytes."""
    if len(agency) != _ID_BYTES or len(ref) != _ID_BYTES:
        raise MessageUnencodable
    return TenderId(keccak(agency + ref))


def rehearsal_context(tender: TenderId, part: int, index: int) -> Context:
    """Return the context in which a buyer tries a trustee's key before anything depends on it."""
    place = _REHEARSAL + tender + part.to_bytes(1) + index.to_bytes(1)
    return Context(hashlib.sha256(place).digest())
