"""The allow list: every pass that was anchored, so that a stolen signing key alone forges nothing.

A segment lists the passes whose batches were anchored in one span of block time, each by the first
10 bytes of its digest, sorted. It is signed like a pass (see `signed`) and its SHA-256 is anchored.
Ten exact bytes and no Bloom filter: a thief with the key could sign until one of a filter's false
positives passes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from ledger.health import claims, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.signed import Signed
from ledger.keys import PublicKey, Signer
from ledger.values import AgencyId, Digest

PREFIX_BYTES: Final = 10
MARGIN_SECONDS: Final = 120
"""How long a pass may wait for its anchor before its absence says anything (proposed)."""
_ENTRY_BYTES: Final = PREFIX_BYTES + 4
_BUCKETS: Final = 4_096
_ID_BYTES: Final = 32
_WAITING: Final = 6
"""The label of `waiting_since`, the one claim that may be missing."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The passes of an agency anchored at `start` <= block time < `end`, in Unix seconds.

    `prefixes` holds 10 bytes a pass, sorted, each once. `waiting_since` is when the oldest pass was
    issued that still waited for its anchor then; None where none did.
    """

    agency: AgencyId
    seq: int
    start: int
    end: int
    prefixes: bytes
    waiting_since: int | None = None


def segment_of(
    agency: AgencyId,
    seq: int,
    start: int,
    end: int,
    digests: Iterable[Digest],
    waiting_since: int | None = None,
) -> Segment:
    """Return the segment of passes by their digests, in any order."""
    prefixes = sorted({digest[:PREFIX_BYTES] for digest in digests})
    return Segment(agency, seq, start, end, b"".join(prefixes), waiting_since)


def sign(segment: Segment, signer: Signer) -> bytes:
    """Return the signed segment; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(segment)
    read_claims(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def verify(envelope: Signed, key: PublicKey) -> Segment:
    """Return what `key` signed; raise `SignatureInvalid`, or `ClaimsInvalid` thereafter."""
    return claims.open_claims(signed.payload_of(envelope, key), read_claims, _spell)


class AllowList:
    """The segments of one agency; together they cover block time without a gap.

    Raises `ClaimsInvalid` for segments of several agencies, and for gaps or overlaps in sequence
    numbers or time: a missing segment would make honest passes look forged.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = sorted(segments, key=lambda segment: segment.seq)
        for before, after in pairwise(self._segments):
            if before.agency != after.agency:
                raise ClaimsInvalid("agency")
            if after.seq != before.seq + 1:
                raise ClaimsInvalid("seq")
            if after.start != before.end:
                raise ClaimsInvalid("start")
        self._entries = _merged(self._segments)
        self._starts = _starts(self._entries)

    @property
    def end(self) -> int:
        """Up to which block time the list is complete; 0 for an empty one."""
        return self._segments[-1].end if self._segments else 0

    def find(self, digest: Digest) -> Segment | None:
        """Return the segment that lists a pass, the latest of several; None when none does."""
        wanted = digest[:PREFIX_BYTES]
        bucket = int.from_bytes(wanted[:2]) >> 4
        start, end = self._starts[bucket], self._starts[bucket + 1]
        at = self._entries.find(wanted, start, end)
        while at >= 0 and (at - start) % _ENTRY_BYTES:  # across two entries: none
            at = self._entries.find(wanted, at + 1, end)
        if at < 0:
            return None
        place = self._entries[at + PREFIX_BYTES : at + _ENTRY_BYTES]
        return self._segments[-1 - int.from_bytes(place)]

    def covers(self, issued_at: int) -> bool:
        """Whether a pass issued at a time had time to be anchored before the list's end.

        Only then does its absence say anything; and not while one issued then or earlier waits for
        its anchor, since anchoring stands still now and then and honest passes are not in yet.
        """
        if issued_at + MARGIN_SECONDS >= self.end:
            return False
        waiting_since = self._segments[-1].waiting_since
        return waiting_since is None or issued_at < waiting_since


def _merged(segments: Sequence[Segment]) -> bytes:
    """All prefixes in order, each with its segment's place from the latest on.

    A dictionary is as quick and takes 50 MB more, half as much as a gate has. Sorted in sixteen
    parts, by the first digit, so that 300,000 objects are never there at once.
    """
    cuts = [_cut(segment.prefixes) for segment in reversed(segments)]
    merged = []
    for digit in range(16):
        entries: list[bytes] = []
        for number, parts in enumerate(cuts):
            place = number.to_bytes(_ENTRY_BYTES - PREFIX_BYTES)
            entries += [prefix + place for prefix in _split(parts[digit])]
        entries.sort()
        merged.append(b"".join(entries))
    return b"".join(merged)


def _cut(prefixes: bytes) -> list[bytes]:
    """Prefixes in sixteen parts by their first digit."""
    entries = _Entries(prefixes, PREFIX_BYTES)
    places = [PREFIX_BYTES * bisect_left(entries, bytes([digit << 4])) for digit in range(16)]
    return [prefixes[begin:end] for begin, end in pairwise([*places, len(prefixes)])]


def _starts(merged: bytes) -> list[int]:
    """Where the entries begin whose first three digits are 000, 001 and so on; then their end."""
    entries = _Entries(merged, _ENTRY_BYTES)
    firsts = ((bucket << 4).to_bytes(2) for bucket in range(_BUCKETS))
    return [*(_ENTRY_BYTES * bisect_left(entries, first) for first in firsts), len(merged)]


class _Entries(Sequence[bytes]):
    """Entries of one size as a sequence, without a copy of them all."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def __len__(self) -> int:
        return len(self._data) // self._size

    def __getitem__(self, place: Any) -> Any:
        start = place * self._size
        return self._data[start : start + self._size]


def _split(prefixes: bytes) -> Iterator[bytes]:
    return (prefixes[at : at + PREFIX_BYTES] for at in range(0, len(prefixes), PREFIX_BYTES))


def _spell(segment: Segment) -> dict[int, Any]:
    spelt: dict[int, Any] = {
        1: segment.agency,
        2: segment.seq,
        3: segment.start,
        4: segment.end,
        5: segment.prefixes,
    }
    if segment.waiting_since is not None:
        spelt[_WAITING] = segment.waiting_since
    return spelt


def read_claims(value: object) -> Segment:
    """Return the segment whose claims these are; raise `ClaimsInvalid` naming a bad one."""
    found = claims.members("segment", value, {1, 2, 3, 4, 5}, {_WAITING})
    start = claims.number("start", found[3], claims.MAX_TIME)
    return Segment(
        agency=AgencyId(claims.octets("agency", found[1], _ID_BYTES)),
        seq=claims.number("seq", found[2], 2**32),
        start=start,
        end=claims.number("end", found[4], claims.MAX_TIME, least=start + 1),
        prefixes=_prefixes(found[5]),
        waiting_since=claims.number("waiting", found[_WAITING], claims.MAX_TIME)
        if _WAITING in found
        else None,
    )


def _prefixes(value: object) -> bytes:
    if type(value) is not bytes or len(value) % PREFIX_BYTES:
        raise ClaimsInvalid("prefixes")
    if any(left >= right for left, right in pairwise(_split(value))):
        raise ClaimsInvalid("prefixes")
    return value
