"""Signals by equality: the same machine, person, account, file or picture in several bids."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import combinations
from typing import Final

from ledger.tenders.collusion.flags import Code, Flag, Strength, flag
from ledger.tenders.collusion.material import BidMaterial
from ledger.tenders.collusion.traits import Traits

RSIDS_SHARED: Final = 5
RSIDS_SHARE: Final = 0.10
"""Editing sessions in common: so many, and such a part of the smaller file's (proposed)."""
ANYBODY: Final = frozenset(
    {"", "user", "users", "admin", "administrator", "owner", "author", "unknown", "anonymous"}
    | {"microsoft office user", "windows user", "python-docx", "用户", "微软用户", "未知"}
)
"""Authors' names that software gives to everybody, in lower case (proposed)."""
_SOFTWARE: Final = frozenset({"producer", "creator"})
_EQUAL: Final = "equal values"


def people(bids: Iterable[BidMaterial]) -> Iterator[Flag]:
    """Yield SAME_PAYER for one guarantee behind several bids, RELATED for one person in charge."""
    told = tuple(bids)
    payers = {bid.id: set(bid.payers) for bid in told}
    yield from _shared(Code.SAME_PAYER, payers, "digests of guarantees and receipts")
    controllers = {bid.id: set(bid.controllers) for bid in told}
    yield from _shared(Code.RELATED, controllers, "salted names in shown licences")


def files(bids: Iterable[BidMaterial], ours: frozenset[str]) -> Iterator[Flag]:
    """Yield SAME_FILE for equal files that are not the tender's own (`ours`, SHA-256 in hex)."""
    said = {
        bid.id: {sha256(file.content).hexdigest() for file in bid.files if file.content} - ours
        for bid in bids
    }
    yield from digests(said)


def digests(said: Mapping[str, set[str]]) -> Iterator[Flag]:
    """Yield SAME_FILE for equal digests in several bids."""
    yield from _shared(Code.SAME_FILE, said, "SHA-256 of files", Strength.STRONG)


def images(traits: Mapping[str, Iterable[Traits]], ours: frozenset[str]) -> Iterator[Flag]:
    """Yield SAME_IMAGE for equal pictures that are not the tender's own."""
    said = {bid: {each for t in found for each in t.images} - ours for bid, found in traits.items()}
    yield from _shared(Code.SAME_IMAGE, said, "SHA-256 of pictures in PDF and DOCX")


def authors(traits: Mapping[str, Iterable[Traits]], ours: Traits) -> Iterator[Flag]:
    """Yield SAME_AUTHOR for makers in common, weakly for software alone, and for shared rsids."""
    makers = {bid: {m for t in found for m in t.makers} for bid, found in traits.items()}
    for software in (False, True):
        said = {
            bid: {
                f"{kind}: {value}"
                for kind, value in found - ours.makers
                if (kind in _SOFTWARE) is software and value.strip().lower() not in ANYBODY
            }
            for bid, found in makers.items()
        }
        strength = Strength.WEAK if software else Strength.PLAIN
        yield from _shared(Code.SAME_AUTHOR, said, "metadata of PDF and DOCX", strength)
    rsids = {bid: {r for t in found for r in t.rsids} - ours.rsids for bid, found in traits.items()}
    for one, other in combinations(sorted(rsids), 2):
        yield from _sessions(one, other, rsids)


def _sessions(one: str, other: str, rsids: Mapping[str, set[str]]) -> Iterator[Flag]:
    shared = rsids[one] & rsids[other]
    least = min(len(rsids[one]), len(rsids[other]))
    if len(shared) >= RSIDS_SHARED and len(shared) >= RSIDS_SHARE * least:
        yield flag(
            Code.SAME_AUTHOR,
            (one, other),
            [{"rsids": " ".join(sorted(shared)), "of": str(least)}],
            method="editing sessions (rsid) of DOCX in common",
            threshold=f">= {RSIDS_SHARED} and >= {RSIDS_SHARE:.0%}",
            strength=Strength.STRONG,
        )


def _shared(
    code: Code,
    said: Mapping[str, set[str]],
    method: str,
    strength: Strength = Strength.PLAIN,
) -> Iterator[Flag]:
    """Yield one flag for each group of bids that have values in common, with all of those."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for bid, values in said.items():
        for value in values:
            holders[value].add(bid)
    groups: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for value, bids in holders.items():
        if len(bids) > 1:
            groups[frozenset(bids)].append(value)
    for together, common in sorted(groups.items(), key=lambda found: sorted(found[0])):
        evidence = [{"value": value} for value in sorted(common)]
        yield flag(code, together, evidence, method=method, threshold=_EQUAL, strength=strength)
