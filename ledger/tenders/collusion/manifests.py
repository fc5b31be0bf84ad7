"""Signals that manifests alone give: equal files and prices, and the same people behind bids."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.tenders.collusion import equality, prices
from ledger.tenders.collusion.flags import Flag
from ledger.tenders.collusion.material import BidMaterial
from ledger.values import Address

_UNTOLD: Final = frozenset(
    ("0x" + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",)
)
"""SHA-256 of nothing: empty files say nothing."""


def manifest_flags(
    said: Mapping[Address, Sequence[Mapping[str, Any]]], ours: frozenset[str] = frozenset()
) -> Iterator[Flag]:
    """Yield the flags over one lot's bids, each by its key with the manifests of its parts.

    `ours` are the digests (0x-hex) of the tender's own files, which count for none.
    """
    yield from equality.digests({key: _files(told) - ours - _UNTOLD for key, told in said.items()})
    bids = [
        BidMaterial(key, price=_price(told), payers=frozenset(_bonds(told)))
        for key, told in said.items()
    ]
    yield from equality.people(bids)
    yield from prices.equal_prices(bids)
    yield from prices.price_patterns(bids)


def _files(told: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["sha256"] for manifest in told for each in manifest["files"]}


def _price(told: Sequence[Mapping[str, Any]]) -> str | None:
    """The price, in whichever part it stands."""
    found = (manifest["price"] for manifest in told if manifest["price"] is not None)
    return next((str(each["amount"]) for each in found), None)


def _bonds(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """One guarantee for two bidders: whoever pays is the same (招标投标法实施条例 art. 40(6))."""
    return [manifest["bond"]["digest"] for manifest in told if manifest["bond"] is not None]
