"""NEAR_TEXT: bids whose texts are alike beyond what the tender gave everybody to write.

MinHash over shingles of five characters (128 permutations, a fixed seed) estimates the Jaccard
index of what remains when the shingles of the tender's documents and forms are taken out.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

from datasketch import MinHash  # type: ignore[import-untyped]  # it brings no types

from ledger.tenders.collusion.flags import Code, Evidence, Flag, Strength, flag

SHINGLE: Final = 5
PERMUTATIONS: Final = 128
FLAGGED: Final = 0.10
STRONG: Final = 0.50
"""(proposed) An 80 % copy scores about 0.6, a 30 % copy 0.15, unrelated texts 0.0."""
LEAST_SHINGLES: Final = 100
"""Less text than this says nothing (proposed)."""
MOST_PASSAGES: Final = 10
LEAST_PASSAGE: Final = 20
MOST_SHOWN: Final = 200
"""Passages shown: so many, of so many characters at least, cut after so many (proposed)."""
_SEED: Final = 1


def near_texts(texts: Mapping[str, str], ours: Iterable[str]) -> Iterator[Flag]:
    """Yield a flag for each pair of bids, by id, whose texts are alike; `ours` are the tender's."""
    given = frozenset(shingle for text in ours for shingle in _shingles(plain(text)))
    plains = {bid: plain(text) for bid, text in texts.items()}
    own = {bid: frozenset(_shingles(text)) - given for bid, text in plains.items()}
    sketches = {bid: _sketch(found) for bid, found in own.items() if len(found) >= LEAST_SHINGLES}
    for one, other in combinations(sorted(sketches), 2):
        alike = sketches[one].jaccard(sketches[other])
        if alike < FLAGGED:
            continue
        others = frozenset().union(*(own[bid] for bid in own if bid not in (one, other)))
        shared = own[one] & own[other]
        yield flag(
            Code.NEAR_TEXT,
            (one, other),
            [{"similarity": f"{alike:.3f}"}, *_passages(plains[one], shared, others)],
            method=f"MinHash, {SHINGLE}-character shingles, {PERMUTATIONS} permutations",
            threshold=f">= {FLAGGED}, strong >= {STRONG}",
            strength=Strength.STRONG if alike >= STRONG else Strength.PLAIN,
        )


def plain(text: str) -> str:
    """Return a text without what layout changes: width, case, spaces and punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def _shingles(text: str) -> Iterator[str]:
    return (text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1))


def _sketch(shingles: Collection[str]) -> MinHash:
    sketch = MinHash(num_perm=PERMUTATIONS, seed=_SEED)
    sketch.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return sketch


def _passages(text: str, shared: frozenset[str], others: frozenset[str]) -> Iterator[Evidence]:
    """Yield the longest passages in common; `rare` those that no other bid has a piece of."""
    found = sorted(_runs(text, shared), key=lambda run: (run[0] - run[1], run[0]))
    for start, end in found[:MOST_PASSAGES]:
        passage = text[start:end]
        is_rare = others.isdisjoint(_shingles(passage))
        yield {"passage": passage[:MOST_SHOWN], "rare": "yes" if is_rare else "no"}


def _runs(text: str, shared: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield where in `text` pieces begin and end that consist of shared shingles alone."""
    start: int | None = None
    for at, shingle in enumerate(_shingles(text)):
        if shingle in shared:
            start = at if start is None else start
        elif start is not None:
            if at + SHINGLE - 1 - start >= LEAST_PASSAGE:
                yield start, at + SHINGLE - 1
            start = None
    if start is not None and len(text) - start >= LEAST_PASSAGE:
        yield start, len(text)
