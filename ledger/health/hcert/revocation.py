"""Codes that their issuers withdrew: hashes, where to look for them, and the two kinds of lists.

eu-digital-green-certificates/dgca-revocation-distribution-service `openapi.json` and its views;
dgc-bloomfilter `README.md`; dgca-partial-hash-filter for VARHASHLIST. All numbers big-endian.
"""

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ledger.errors import Refused
from ledger.health import cose
from ledger.health.cose import Sign1
from ledger.health.hcert.claims import Claims

HASH_BYTES: Final = 16


@dataclass(eq=False)
class SliceMalformed(Refused):
    """The piece of a revocation list does not have the form of one."""

    reason: str


class HashType(StrEnum):
    """What a revocation hash is made of."""

    SIGNATURE = "SIGNATURE"
    UCI = "UCI"
    COUNTRYCODEUCI = "COUNTRYCODEUCI"


class Mode(StrEnum):
    """How the hashes of one kid are spread over partitions and chunks."""

    POINT = "POINT"
    VECTOR = "VECTOR"
    COORDINATE = "COORDINATE"


_DEPTH: Final = {Mode.POINT: 0, Mode.VECTOR: 1, Mode.COORDINATE: 2}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the slices are that may hold a hash: `partition` is `null` for POINT."""

    partition: str
    chunk: str


class Withdrawal(StrEnum):
    """What lists say of a code, in words for a finding; empty where it was not withdrawn."""

    NO = ""
    PERHAPS = "perhaps withdrawn"
    YES = "withdrawn"


@dataclass(frozen=True, slots=True)
class KeyLists:
    """The lists of one kid: which hashes they hold, and the slices by their place."""

    mode: Mode
    types: frozenset[HashType]
    slices: Mapping[Place, Sequence["Slice"]]


@dataclass(frozen=True, slots=True)
class RevocationLists:
    """The lists of one source by kid."""

    by_kid: Mapping[bytes, KeyLists]

    def withdrawal(self, message: Sign1, claims: Claims) -> Withdrawal:
        """Return the worst that the lists of the message's kid say of it."""
        lists = self.by_kid.get(message.header(cose.KID))
        if lists is None:
            return Withdrawal.NO
        hits = [
            piece.is_exact
            for kind, digest in hashes(message, claims).items()
            if kind in lists.types
            for piece in lists.slices.get(place_of(digest, lists.mode), ())
            if piece.holds(digest)
        ]
        if not hits:
            return Withdrawal.NO
        return Withdrawal.YES if any(hits) else Withdrawal.PERHAPS


def hashes(message: Sign1, claims: Claims) -> dict[HashType, bytes]:
    """Return the three hashes that may stand for a code, 16 bytes each.

    Of the signature (r alone of an ECDSA one, since s may be replaced by n - s), of the number in
    the certificate, and of issuer and number.
    """
    signature = message.signature
    if message.header(cose.ALG) == cose.ES256:
        signature = signature[: len(signature) // 2]
    number = str(claims.entry["ci"])
    return {
        HashType.SIGNATURE: _digest(signature),
        HashType.UCI: _digest(number.encode()),
        HashType.COUNTRYCODEUCI: _digest((claims.issuer + number).encode()),
    }


def place_of(digest: bytes, mode: Mode) -> Place:
    """Return where `digest` is looked up: its first hexadecimal digits, then one for the chunk."""
    depth, digits = _DEPTH[mode], digest.hex()
    return Place(digits[:depth] or "null", digits[depth])


class Slice(Protocol):
    """A piece of a revocation list that can be asked for a hash."""

    @property
    def is_exact(self) -> bool:
        """Whether a hit is one; else it means "ask online, else the desk", never red."""

    def holds(self, digest: bytes) -> bool:
        """Whether the list has, or may have, `digest`."""


@dataclass(frozen=True, slots=True)
class BloomFilter:
    """A BLOOMFILTER slice: `rounds` places in `bits` for each hash."""

    rounds: int
    bits: bytes

    @property
    def is_exact(self) -> bool:
        """Never."""
        return False

    def holds(self, digest: bytes) -> bool:
        """Whether all places of `digest` are set."""
        return all(self.bits[place >> 3] & (0x80 >> (place & 7)) for place in self._places(digest))

    def _places(self, digest: bytes) -> Iterator[int]:
        size = len(self.bits) * 8
        for seed in range(self.rounds):
            found = hashlib.sha256(digest + bytes((seed,))).digest()
            yield int.from_bytes(found, signed=True) % size  # as Java's BigInteger has it


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A VARHASHLIST slice: the first bytes of every hash, sorted."""

    size: int
    prefixes: Sequence[bytes]

    @property
    def is_exact(self) -> bool:
        """Only when whole hashes are listed."""
        return self.size == HASH_BYTES

    def holds(self, digest: bytes) -> bool:
        """Whether the beginning of `digest` is in the list."""
        prefix = digest[: self.size]
        return self._has(prefix) or self._has(_as_written(prefix))

    def _has(self, prefix: bytes) -> bool:
        at = bisect_left(self.prefixes, prefix)
        return at < len(self.prefixes) and self.prefixes[at] == prefix


_BLOOM_HEADER: Final = struct.Struct(">hbbfiii")
_PREFIX_HEADER: Final = struct.Struct(">hfib")
_WORD: Final = 4


def read_bloom_filter(data: bytes) -> BloomFilter:
    """Return the filter in an unzipped BLOOMFILTER slice; raise `SliceMalformed` if there is none.

    The format puts the number of the hash function (0) before the number of rounds, the reference
    writes them the other way round; since one of them is 0 and the other is not, both are read.
    """
    if len(data) < _BLOOM_HEADER.size:
        raise SliceMalformed("header")
    _, first, second, _, _, _, words = _BLOOM_HEADER.unpack_from(data)
    rounds = first or second
    if first * second != 0 or rounds <= 0:
        raise SliceMalformed("hash function")
    bits = data[_BLOOM_HEADER.size :]
    if words <= 0 or len(bits) != words * _WORD:
        raise SliceMalformed("length")
    return BloomFilter(rounds, bits)


def read_prefix_list(data: bytes) -> PrefixList:
    """Return the list in an unzipped VARHASHLIST slice; raise `SliceMalformed` if there is none."""
    if len(data) < _PREFIX_HEADER.size:
        raise SliceMalformed("header")
    size = _PREFIX_HEADER.unpack_from(data)[3]
    body = data[_PREFIX_HEADER.size :]
    if not 0 < size <= HASH_BYTES or len(body) % size:
        raise SliceMalformed("length")
    return PrefixList(size, sorted(body[at : at + size] for at in range(0, len(body), size)))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH_BYTES]


def _as_written(prefix: bytes) -> bytes:
    """The prefix as the reference writes it: a signed number without needless 0xff, filled up.

    Java's BigInteger drops them, and the writer puts zeros in their place.
    """
    kept = prefix
    while len(kept) > 1 and kept[0] == 0xFF and kept[1] & 0x80:  # noqa: PLR2004  # -1 and its sign
        kept = kept[1:]
    return kept.rjust(len(prefix), b"\x00")
