"""Shamir's sharing of the trustees' secret s_c (§3.5), over the prime p = 2^256 − 189.

The secret is uniform below p and written as 32 bytes; a share is too. What is not below p is no
share, since it would be a second spelling of one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused

PRIME: Final = 2**256 - 189
SECRET_BYTES: Final = 32
MIN_THRESHOLD: Final = 2
MAX_TRUSTEES: Final = 9


@dataclass(eq=False)
class ThresholdImpossible(Refused):
    """Between 2 and all of at most 9 trustees have to be needed."""

    threshold: int
    trustees: int


class ShareOutOfRange(Refused):
    """A share or secret is not a number below 2^256 − 189."""


def require_threshold(threshold: int, trustees: int) -> None:
    """Raise `ThresholdImpossible` unless 2 ≤ threshold ≤ trustees ≤ 9."""
    if not MIN_THRESHOLD <= threshold <= trustees <= MAX_TRUSTEES:
        raise ThresholdImpossible(threshold, trustees)


def draw(randomness: Callable[[int], bytes]) -> bytes:
    """Return a uniform number below p, 32 bytes; one draw in 2^248 is out of range and repeated."""
    while int.from_bytes(drawn := randomness(SECRET_BYTES)) >= PRIME:
        pass
    return drawn


def split(secret: bytes, coefficients: Sequence[bytes], trustees: int) -> list[bytes]:
    """Return the shares of trustees 1…n: f(i) mod p, f(0) being the secret.

    `coefficients` are the other t − 1 of f, lowest degree first, uniform below p.

    Raises:
        ThresholdImpossible: unless 2 ≤ t ≤ n ≤ 9.
        ShareOutOfRange: for a number that is not below p.
    """
    require_threshold(len(coefficients) + 1, trustees)
    terms = [_number(each) for each in (secret, *coefficients)]
    return [_value_at(index, terms).to_bytes(SECRET_BYTES) for index in range(1, trustees + 1)]


def join(shares: Mapping[int, bytes]) -> bytes:
    """Return the secret of the polynomial through `shares`, by index: Lagrange at 0.

    Fewer than t shares, or a wrong one, give another secret: compare it with its commitment. Raise
    `ShareOutOfRange`.
    """
    points = {index: _number(share) for index, share in shares.items()}
    secret = 0
    for index, value in points.items():
        above, below = 1, 1
        for other in points:
            if other != index:
                above = above * other % PRIME
                below = below * (other - index) % PRIME
        secret += value * above * pow(below, -1, PRIME)
    return (secret % PRIME).to_bytes(SECRET_BYTES)


def _value_at(index: int, terms: Sequence[int]) -> int:
    value = 0
    for term in reversed(terms):
        value = (value * index + term) % PRIME
    return value


def _number(share: bytes) -> int:
    number = int.from_bytes(share)
    if len(share) != SECRET_BYTES or number >= PRIME:
        raise ShareOutOfRange
    return number
