"""What a bid commits itself to before the deadline (§3.6): one-byte tags, so none is another's."""

from collections.abc import Sequence
from enum import IntEnum

from eth_hash.auto import keccak

from ledger.tenders.errors import CommitmentMismatch, SharesMismatch
from ledger.tenders.ids import Context


class Tag(IntEnum):
    """What kind of value a commitment is to."""

    BIDDER = 1  # s_b, the bidder's secret
    TRUSTEES = 2  # s_c, the secret that the trustees share
    MANIFEST = 3  # SHA-256 of manifest.json
    IDENTITY = 4  # SHA-256 of the identity object, in the constant context
    BOND = 5  # the guarantee's digest, in the constant context


def commitment(tag: Tag, context: Context, value: bytes) -> bytes:
    """Return keccak256(tag ‖ context ‖ value), 32 bytes; `value` has 32 bytes too."""
    return keccak(bytes([tag]) + context + value)


def require(tag: Tag, context: Context, value: bytes, expected: bytes) -> None:
    """Raise `CommitmentMismatch` unless `expected` commits to `value` in this context."""
    given = commitment(tag, context, value)
    if given != expected:
        raise CommitmentMismatch(expected, given)


def shares_hash(envelopes: Sequence[bytes]) -> bytes:
    """Return keccak256 of a part's envelopes joined."""
    return keccak(b"".join(envelopes))


def require_shares(part: int, envelopes: bytes, expected: bytes) -> None:
    """Raise `SharesMismatch` unless these are the envelopes that the message names."""
    if keccak(envelopes) != expected:
        raise SharesMismatch(part)
