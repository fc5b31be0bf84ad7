"""The expert draw: chance that nobody bends and everybody recomputes.

The order matters. Pool, recusals and quotas are anchored first; then the addresses of fresh
scalars, one a drawer; each is shared to the others, who acknowledge before anything is revealed;
then the scalars are posted, or rebuilt. Who speaks last can no longer change the result. Block
hashes are not used: few validators can bend them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from ledger.canonical import canonical_json
from ledger.errors import Refused
from ledger.merkle import HASH_BYTES, Tree
from ledger.secp256k1 import SECRET_BYTES, address_of, private_key, recover
from ledger.tenders.contract_errors import SecretForeign
from ledger.tenders.feldman import Deal
from ledger.values import Address, Digest

SALT_BYTES: Final = 16
MIN_COMMITTEE: Final = 5
_WORDS: Final = 2**256
_EMPTY_ROOT: Final = hashlib.sha256(b"").digest()  # RFC 9162 §2.1.1: the tree without a leaf


@dataclass(eq=False)
class DrawMalformed(Refused):
    """The pool, the quotas or the drawers cannot be those of a draw."""

    reason: str


@dataclass(eq=False)
class TooFewExperts(Refused):
    """The pool has fewer experts of the specialty left than are wanted."""

    specialty: str
    wanted: int
    left: int


@dataclass(eq=False)
class CommitteeInvalid(Refused):
    """A committee is odd, of five or more, two thirds experts (招标投标法 art. 37)."""

    size: int
    experts: int


@dataclass(eq=False)
class DealNotAcknowledged(Refused):
    """A receiver did not acknowledge its share: the dealer is replaced before the reveal."""

    dealer: int
    receiver: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How many experts of a specialty are drawn, from its sorted `pool` of 32-byte entries."""

    specialty: str
    count: int
    pool: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is anchored before anybody draws: for which lot, from whom, and who must not be."""

    tender_id: bytes
    lot: int
    round: int
    quotas: tuple[Quota, ...]
    recused: tuple[bytes, ...]

    @property
    def head(self) -> bytes:
        """The seed's input without the scalars."""
        place = self.tender_id + self.lot.to_bytes(2) + self.round.to_bytes(4)
        return place + pool_root(self.quotas) + recusal_root(self.recused) + quota_digest(self)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who was drawn, in order: an entry, its specialty, whom it replaces, and words used so far."""

    entry: bytes
    specialty: str
    replaces: bytes | None
    words: int


def expert_entry(salt: bytes, expert: str) -> Digest:
    """Return SHA-256(salt ‖ expert id); raise `DrawMalformed` unless the salt has 128 bits."""
    if len(salt) != SALT_BYTES:
        raise DrawMalformed("salt")
    return Digest(hashlib.sha256(salt + expert.encode()).digest())


def pool_root(quotas: Sequence[Quota]) -> bytes:
    """Return the root over SHA-256(SHA-256(specialty) ‖ entry), quota by quota, entries sorted."""
    leaves = [
        Digest(hashlib.sha256(hashlib.sha256(quota.specialty.encode()).digest() + entry).digest())
        for quota in quotas
        for entry in quota.pool
    ]
    return Tree.of(leaves).root if leaves else _EMPTY_ROOT


def recusal_root(recused: Sequence[bytes]) -> bytes:
    """Return the root over the sorted entries of those who must not be drawn."""
    leaves = [Digest(entry) for entry in sorted(recused)]
    return Tree.of(leaves).root if leaves else _EMPTY_ROOT


def quota_digest(setting: Setting) -> bytes:
    """Return the SHA-256 of the quotas as RFC 8785 JSON."""
    told = [
        {"specialty": each.specialty, "count": each.count, "pool": len(each.pool)}
        for each in setting.quotas
    ]
    return hashlib.sha256(canonical_json(told)).digest()


def seed_of(head: bytes, scalars: Sequence[bytes]) -> bytes:
    """Return keccak(head ‖ d_1 ‖ … ‖ d_n); `head` is that of the setting, scalars by drawer."""
    if not scalars or any(len(each) != SECRET_BYTES for each in scalars):
        raise DrawMalformed("scalars")
    return keccak(head + b"".join(scalars))


def check_scalars(scalars: Sequence[bytes], anchored: Sequence[Address]) -> None:
    """Raise `SecretForeign` unless each scalar is that of the drawer's anchored address.

    Raises `AccountKeyInvalid` for what is no scalar, and `DrawMalformed` for another number.
    """
    if len(scalars) != len(anchored):
        raise DrawMalformed("scalars")
    for scalar, address in zip(scalars, anchored, strict=True):
        if address_of(private_key(scalar).public_key) != address:
            raise SecretForeign(address)


def acknowledgement(setting: Setting, published: Deal, receiver: int) -> bytes:
    """Return the 32 bytes that a receiver signs with its own scalar for a share that is good."""
    return _acknowledgement(setting.head, published, receiver)


def check_acknowledgements(
    setting: Setting,
    deals: Sequence[Deal],
    anchored: Sequence[Address],
    signatures: Mapping[tuple[int, int], bytes],
) -> None:
    """Raise unless every drawer acknowledged every other's share, by (dealer, receiver) from 0.

    Raises:
        DrawMalformed: unless every drawer dealt its anchored scalar, with one threshold.
        DealNotAcknowledged: for the first signature that is missing or not the receiver's.
        SignatureInvalid: for one that is none.
    """
    if [each.dealer for each in deals] != list(anchored):
        raise DrawMalformed("dealers")
    if len({each.threshold for each in deals}) != 1:
        raise DrawMalformed("threshold")
    head = setting.head  # hashes the whole pool
    for dealer, published in enumerate(deals):
        for receiver, address in enumerate(anchored):
            if dealer == receiver:
                continue
            signature = signatures.get((dealer, receiver))
            digest = _acknowledgement(head, published, receiver)
            if signature is None or recover(digest, signature) != address:
                raise DealNotAcknowledged(dealer, receiver)


class Words:
    """The stream keccak(seed ‖ uint64 i), i from 0; one counter for everything that is drawn."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.used = 0

    def below(self, count: int) -> int:
        """Return an even number below `count`: words beyond the last whole multiple are passed."""
        limit = _WORDS - _WORDS % count
        while True:
            word = int.from_bytes(keccak(self._seed + self.used.to_bytes(8)))
            self.used += 1
            if word < limit:
                return word % count


def draw(setting: Setting, seed: bytes, declined: Sequence[bytes] = ()) -> tuple[Drawn, ...]:
    """Return who is drawn, quota by quota, and then a replacement for each who declined, in order.

    Nobody is drawn twice, whatever specialties they have.

    Raises:
        DrawMalformed: for a pool that is not sorted or has one twice, and for one who declined
            without having been drawn.
        TooFewExperts: when a specialty has fewer left than are wanted.
    """
    check_setting(setting)
    words, gone = Words(seed), set(setting.recused)
    drawn: list[Drawn] = []
    for quota in setting.quotas:
        _check_left(quota, gone)
        drawn += [_next(quota, words, gone, None) for _ in range(quota.count)]
    for entry in declined:
        place = next((each for each in drawn if each.entry == entry), None)
        if place is None or any(each.replaces == entry for each in drawn):
            raise DrawMalformed("declined")
        quota = next(each for each in setting.quotas if each.specialty == place.specialty)
        drawn.append(_next(quota, words, gone, entry))
    return tuple(drawn)


def check_setting(setting: Setting) -> None:
    """Raise unless something can be drawn from the setting.

    Raises:
        DrawMalformed: for no quota, a specialty twice, or a pool that is not sorted or has one
            twice.
        TooFewExperts: when a specialty has fewer than are wanted, without those recused.
    """
    _check_pools(setting.quotas)
    for quota in setting.quotas:
        _check_left(quota, set(setting.recused))


def check_committee(size: int, experts: int) -> None:
    """Raise `CommitteeInvalid` unless `size` is odd and ≥ 5, and experts are two thirds or more."""
    if size < MIN_COMMITTEE or size % 2 == 0 or not size * 2 <= experts * 3 <= size * 3:
        raise CommitteeInvalid(size, experts)


def _acknowledgement(head: bytes, published: Deal, receiver: int) -> bytes:
    points = b"".join(published.points)
    return keccak(b"suizheng/draw/ack/v1" + keccak(head + points) + bytes([receiver]))


def _next(quota: Quota, words: Words, gone: set[bytes], replaces: bytes | None) -> Drawn:
    left = [entry for entry in quota.pool if entry not in gone]
    if not left:
        raise TooFewExperts(quota.specialty, 1, 0)
    entry = left[words.below(len(left))]
    gone.add(entry)
    return Drawn(entry, quota.specialty, replaces, words.used)


def _check_left(quota: Quota, gone: set[bytes]) -> None:
    left = len(set(quota.pool) - gone)
    if left < quota.count:
        raise TooFewExperts(quota.specialty, quota.count, left)


def _check_pools(quotas: Sequence[Quota]) -> None:
    if not quotas or len({each.specialty for each in quotas}) != len(quotas):
        raise DrawMalformed("specialties")
    for quota in quotas:
        if any(len(entry) != HASH_BYTES for entry in quota.pool):
            raise DrawMalformed("entry")
        if list(quota.pool) != sorted(set(quota.pool)):
            raise DrawMalformed("order")
