"""Shares of a drawer's secret that receivers can check before anything is revealed (Feldman).

A dealer shares its scalar d by a polynomial over the order of secp256k1 and publishes the points
of its coefficients. Whoever holds a share checks it against the points, so a dealer that deals
badly is known, and replaced, in time; a scalar withheld later is rebuilt from any t shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from coincurve import PublicKey

from ledger.errors import Refused
from ledger.secp256k1 import ORDER, SECRET_BYTES, AccountKeyInvalid, address_of, private_key
from ledger.values import Address

MIN_THRESHOLD: Final = 2
MAX_SHARES: Final = 9


@dataclass(eq=False)
class DealMalformed(Refused):
    """The points, the number of shares or the threshold cannot be those of a deal."""

    reason: str


@dataclass(eq=False)
class DealShareFalse(Refused):
    """The share does not belong to the dealer's points."""

    index: int


@dataclass(eq=False)
class DealSharesTooFew(Refused):
    """There are fewer good shares than it takes."""

    given: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Deal:
    """What a dealer publishes: the points of its coefficients, compressed, the secret's first."""

    points: tuple[bytes, ...]

    @property
    def threshold(self) -> int:
        """How many shares rebuild the secret."""
        return len(self.points)

    @property
    def dealer(self) -> Address:
        """The address of the secret that is dealt; raise `DealMalformed` for a point that is none.

        It must be the one that the drawer anchored.
        """
        return address_of(_point(self.points[0]))


def deal(coefficients: Sequence[bytes], shares: int) -> tuple[Deal, tuple[bytes, ...]]:
    """Return what to publish, and shares 1 … n of 32 bytes each; the secret comes first.

    Raises:
        AccountKeyInvalid: for a coefficient that is 0, the order or more, or not 32 bytes.
        DealMalformed: unless 2 ≤ t ≤ n ≤ 9, and for a share that happens to be 0.
    """
    if not MIN_THRESHOLD <= len(coefficients) <= shares <= MAX_SHARES:
        raise DealMalformed("threshold")
    keys = [private_key(each) for each in coefficients]
    points = tuple(key.public_key.format() for key in keys)
    polynomial = [int.from_bytes(each) for each in coefficients]
    return Deal(points), tuple(_value(polynomial, index) for index in range(1, shares + 1))


def check_share(published: Deal, index: int, share: bytes) -> None:
    """Raise unless share number `index`, from 1, lies on the dealer's polynomial.

    Raises:
        DealShareFalse: when share·G is not the sum of index^k·A_k, or the share is no scalar.
        DealMalformed: for points that are none, or an index outside 1 … 9.
    """
    if not 1 <= index <= MAX_SHARES or not 0 < published.threshold <= MAX_SHARES:
        raise DealMalformed("index")
    terms = [
        _point(point).multiply(pow(index, power, ORDER).to_bytes(SECRET_BYTES))
        for power, point in enumerate(published.points)
    ]
    try:
        expected = terms[0] if len(terms) == 1 else PublicKey.combine_keys(terms)
        found = private_key(share).public_key
    except (ValueError, AccountKeyInvalid) as exc:  # the points may add up to infinity
        raise DealShareFalse(index) from exc
    if found.format() != expected.format():
        raise DealShareFalse(index)


def rebuild(published: Deal, shares: Mapping[int, bytes]) -> bytes:
    """Return the dealer's secret, 32 bytes, from any t good shares by their numbers.

    False shares are passed over; nobody can spoil the rebuilding by sending one.

    Raises:
        DealSharesTooFew: when fewer than t of them are good.
        DealMalformed: as `check_share`.
    """
    good = {index: share for index, share in shares.items() if _is_good(published, index, share)}
    if len(good) < published.threshold:
        raise DealSharesTooFew(len(good), published.threshold)
    chosen = dict(sorted(good.items())[: published.threshold])
    secret = sum(int.from_bytes(share) * _weight(index, chosen) for index, share in chosen.items())
    return (secret % ORDER).to_bytes(SECRET_BYTES)


def _is_good(published: Deal, index: int, share: bytes) -> bool:
    try:
        check_share(published, index, share)
    except DealShareFalse:
        return False
    return True


def _value(polynomial: Sequence[int], index: int) -> bytes:
    value = reduce(lambda sum_, each: (sum_ * index + each) % ORDER, reversed(polynomial), 0)
    if value == 0:
        raise DealMalformed("share")
    return value.to_bytes(SECRET_BYTES)


def _weight(index: int, chosen: Mapping[int, bytes]) -> int:
    """Lagrange's coefficient at 0."""
    above = below = 1
    for other in chosen:
        if other != index:
            above = above * other % ORDER
            below = below * (other - index) % ORDER
    return above * pow(below, -1, ORDER) % ORDER


def _point(compressed: bytes) -> PublicKey:
    try:
        return PublicKey(compressed)
    except ValueError as exc:
        raise DealMalformed("point") from exc
