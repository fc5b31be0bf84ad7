"""All signals over the opened bids of one lot, and which of their files could not be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.tenders.collusion import bills, documents, equality, prices
from ledger.tenders.collusion.flags import Code, Flag, Unlooked
from ledger.tenders.collusion.material import BidMaterial, FileContent
from ledger.tenders.collusion.near_text import near_texts
from ledger.tenders.collusion.traits import Traits

_PAIR: Final = 2
NO_SOURCE: Final = (
    Unlooked((Code.SAME_DEVICE,), "wallets read no numbers of machines"),
    Unlooked((Code.SAME_UPLOAD,), "services keep no addresses of those who upload"),
    Unlooked((Code.SAME_STAFF, Code.SAME_AGENT), "bids do not declare staff or agents"),
)
"""Signals for which nothing is collected: what a machine or a network tells of a bidder is
self-reported or the platform's secret, and a bid that declares its staff declares what it likes."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was not looked into: its absence from the flags says nothing."""

    bid: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Signals:
    """What was seen, which files could not be read, and what nobody looked for."""

    flags: tuple[Flag, ...]
    unreadable: tuple[Unreadable, ...]
    unlooked: tuple[Unlooked, ...]


def signals(bids: Iterable[BidMaterial], tender: Sequence[FileContent] = ()) -> Signals:
    """Return the signals over bids of one lot; what the `tender` itself gave out counts for none.

    Indicators over the procedure and its buyer's history are `procedures.indicators`.
    """
    told = tuple(bids)
    read = {bid.id: {file.path: documents.read(file.content) for file in bid.files} for bid in told}
    traits = {bid: tuple(found.values()) for bid, found in read.items()}
    ours = [documents.read(file.content) for file in tender]
    digests = frozenset(sha256(file.content).hexdigest() for file in tender)
    given = _joined(ours)
    flags = (
        *equality.files(told, digests),
        *equality.images(traits, given.images | digests),
        *equality.authors(traits, given),
        *near_texts(_texts(traits), [found.text for found in ours]),
        *equality.people(told),
        *prices.equal_prices(told),
        *prices.price_patterns(told),
    )
    return Signals(flags, tuple(_unreadable(read)), (*NO_SOURCE, *_unpriced(told)))


def _unpriced(bids: Sequence[BidMaterial]) -> Iterable[Unlooked]:
    if sum(bool(bid.lines) for bid in bids) < _PAIR:
        yield Unlooked((Code.PRICE_PATTERN,), f"over unit prices: no two bids bring {bills.NAME}")


def _texts(traits: Mapping[str, Sequence[Traits]]) -> dict[str, str]:
    return {bid: "\n".join(each.text for each in found) for bid, found in traits.items()}


def _joined(found: Iterable[Traits]) -> Traits:
    told = tuple(found)
    return Traits(
        makers=frozenset(maker for each in told for maker in each.makers),
        images=frozenset(image for each in told for image in each.images),
        rsids=frozenset(rsid for each in told for rsid in each.rsids),
    )


def _unreadable(read: Mapping[str, Mapping[str, Traits]]) -> Iterable[Unreadable]:
    for bid, found in read.items():
        for path, traits in found.items():
            if traits.unreadable is not None:
                yield Unreadable(bid, path, traits.unreadable)
