"""The allow list: every pass that was anchored, so that a stolen signing key alone forges nothing.

A segment lists the passes whose batches were anchored in one span of block time, each by the first
10 bytes of its digest, sorted. It is signed like a pass (see `signed`) and its SHA-256 is anchored.
Ten exact bytes and no Bloom filter: a thief with the key could sign until one of a filter's false
positives passes.
"""

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
_ID_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Segment:
    """The passes of an agency anchored at `start` <= block time < `end`, in Unix seconds.

    `prefixes` holds 10 bytes a pass, sorted, each once.
    """

    agency: AgencyId
    seq: int
    start: int
    end: int
    prefixes: bytes


def segment_of(
    agency: AgencyId, seq: int, start: int, end: int, digests: Iterable[Digest]
) -> Segment:
    """Return the segment of passes by their digests, in any order."""
    prefixes = sorted({digest[:PREFIX_BYTES] for digest in digests})
    return Segment(agency, seq, start, end, b"".join(prefixes))


def sign(segment: Segment, signer: Signer) -> bytes:
    """Return the signed segment; raise `ClaimsInvalid` for what none may say."""
    spelt = _spell(segment)
    _read(spelt)  # never sign what would not be read
    return signed.sign(spelt, signer)


def verify(envelope: Signed, key: PublicKey) -> Segment:
    """Return what `key` signed; raise `SignatureInvalid`, or `ClaimsInvalid` thereafter."""
    return claims.open_claims(signed.payload_of(envelope, key), _read, _spell)


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
        self._places = {
            prefix: segment for segment in self._segments for prefix in _split(segment.prefixes)
        }

    @property
    def end(self) -> int:
        """Up to which block time the list is complete; 0 for an empty one."""
        return self._segments[-1].end if self._segments else 0

    def find(self, digest: Digest) -> Segment | None:
        """Return the segment that lists a pass, the latest of several; None when none does."""
        return self._places.get(digest[:PREFIX_BYTES])

    def covers(self, issued_at: int) -> bool:
        """Whether a pass issued at a time had time to be anchored before the list's end.

        Only then does its absence say anything.
        """
        return issued_at + MARGIN_SECONDS < self.end


def _split(prefixes: bytes) -> Iterator[bytes]:
    return (prefixes[at : at + PREFIX_BYTES] for at in range(0, len(prefixes), PREFIX_BYTES))


def _spell(segment: Segment) -> dict[int, Any]:
    return {
        1: segment.agency,
        2: segment.seq,
        3: segment.start,
        4: segment.end,
        5: segment.prefixes,
    }


def _read(value: object) -> Segment:
    found = claims.members("segment", value, {1, 2, 3, 4, 5}, set())
    start = claims.number("start", found[3], claims.MAX_TIME)
    return Segment(
        agency=AgencyId(claims.octets("agency", found[1], _ID_BYTES)),
        seq=claims.number("seq", found[2], 2**32),
        start=start,
        end=claims.number("end", found[4], claims.MAX_TIME, least=start + 1),
        prefixes=_prefixes(found[5]),
    )


def _prefixes(value: object) -> bytes:
    if type(value) is not bytes or len(value) % PREFIX_BYTES:
        raise ClaimsInvalid("prefixes")
    if any(left >= right for left, right in pairwise(_split(value))):
        raise ClaimsInvalid("prefixes")
    return value
