"""From the trustees' secrets to the file key of a bid (§3.9), and who is to blame when it fails.

A share that does not open, or shares that do not join to what was committed, are the bidder's
fault; but first every subset of the released secrets is tried, since a bidder who sealed t good
shares has done what the opening asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from ledger.errors import Unavailable
from ledger.tenders import envelopes
from ledger.tenders.commitments import Tag, commitment, require
from ledger.tenders.envelopes import EnvelopeBroken
from ledger.tenders.errors import SharesBad
from ledger.tenders.file_keys import file_key
from ledger.tenders.ids import Context
from ledger.tenders.messages import Part
from ledger.tenders.shares import PRIME, join

_BYTES: Final = 32


@dataclass(eq=False)
class ReleasesTooFew(Unavailable):
    """Fewer trustees have released their secrets than the opening needs."""

    released: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Joined:
    """The trustees' secret of one part, the trustees whose shares are wrong, and the file's key.

    Wrong shares beside t good ones are no reason against the bid, but the record names them.
    """

    s_c: bytes
    key: bytes
    broken: tuple[int, ...]


def join_released(
    part: int,
    committed: Part,
    context: Context,
    sealed: Sequence[bytes],
    released: Mapping[int, bytes],
    threshold: int,
    s_b: bytes,
) -> Joined:
    """Return the key of a disclosed part.

    Args:
        part: its number, for the blame.
        committed: what the bid's message says of it.
        context: the part's, of the version that stands.
        sealed: its envelopes, trustee 1 first.
        released: trustees' secrets by index, each found good (`releases.require_released`).
        threshold: how many shares join.
        s_b: the bidder's secret as it was disclosed.

    Raises:
        ReleasesTooFew: while fewer than `threshold` are there.
        CommitmentMismatch: for another s_b.
        SharesBad: when no subset of the shares joins to what the bid committed itself to.
    """
    require(Tag.BIDDER, context, s_b, committed.c_b)
    if len(released) < threshold:
        raise ReleasesTooFew(len(released), threshold)
    opened = _opened(sealed, released, context)
    for indices in combinations(sorted(opened), threshold):
        s_c = join({index: opened[index] for index in indices})
        if commitment(Tag.TRUSTEES, context, s_c) == committed.c_c:
            good = _on_polynomial({index: opened[index] for index in indices}, opened)
            broken = tuple(sorted(released.keys() - good))
            return Joined(s_c, file_key(s_b, s_c, context), broken)
    raise SharesBad(part, tuple(sorted(released.keys() - opened.keys())))


def join_recovered(committed: Part, context: Context, s_b: bytes, s_c: bytes) -> bytes:
    """Return the file's key from an s_c that its bidder gave; raise `CommitmentMismatch`."""
    require(Tag.BIDDER, context, s_b, committed.c_b)
    require(Tag.TRUSTEES, context, s_c, committed.c_c)
    return file_key(s_b, s_c, context)


def _opened(
    sealed: Sequence[bytes], released: Mapping[int, bytes], context: Context
) -> dict[int, bytes]:
    """Return the shares that open and are numbers below p, by index."""
    found = {}
    for index, secret in released.items():
        try:
            share = envelopes.open_(sealed[index - 1], secret, context, index)
        except EnvelopeBroken:
            continue
        if int.from_bytes(share) < PRIME:
            found[index] = share
    return found


def _on_polynomial(good: Mapping[int, bytes], opened: Mapping[int, bytes]) -> set[int]:
    """Return whose shares lie on the polynomial through `good`: any of them may replace one."""
    secret, (first, *_) = join(good), sorted(good)
    rest = {index: share for index, share in good.items() if index != first}
    return {
        index
        for index, share in opened.items()
        if index in good or join({**rest, index: share}) == secret
    }
