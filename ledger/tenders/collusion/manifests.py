"""Signals that manifests alone give: equal files and prices, and the same people behind bids."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.tenders.collusion import bills, equality, prices
from ledger.tenders.collusion.bills import read_bill
from ledger.tenders.collusion.flags import Flag
from ledger.tenders.collusion.material import BidMaterial, FileContent
from ledger.tenders.shown_licences import shown_in
from ledger.values import Address

_UNTOLD: Final = frozenset(
    ("0x" + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",)
)
"""SHA-256 of nothing: empty files say nothing."""
_IN_CHARGE: Final = ("legal_representative", "person_in_charge", "principal")
"""Claims of licences that name who is in charge of an organisation."""


def manifest_flags(
    said: Mapping[Address, Sequence[Mapping[str, Any]]], ours: frozenset[str] = frozenset()
) -> Iterator[Flag]:
    """Yield the flags over one lot's bids, each by its key with the manifests of its parts.

    `ours` are the digests (0x-hex) of the tender's own files, which count for none.
    """
    yield from equality.digests({key: _files(told) - ours - _UNTOLD for key, told in said.items()})
    bids = [material_of(key, told) for key, told in said.items()]
    yield from equality.people(bids)
    yield from prices.equal_prices(bids)
    yield from prices.price_patterns(bids)


def material_of(
    key: str, told: Sequence[Mapping[str, Any]], files: tuple[FileContent, ...] = ()
) -> BidMaterial:
    """Return what the manifests of a bid's parts tell of it, with `files` that were in them."""
    bills_ = (each.content for each in files if each.path.rpartition("/")[2] == bills.NAME)
    return BidMaterial(
        key,
        price=_price(told),
        files=files,
        payers=frozenset(_bonds(told)),
        controllers=frozenset(name for manifest in told for name in _controllers(manifest)),
        lines={position: price for each in bills_ for position, price in read_bill(each).items()},
    )


def _controllers(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield who shown licences say is in charge (实施条例 art. 34), salted with the tender."""
    for shown in shown_in(said):
        content = shown.opened.content
        if isinstance(content, tuple):
            named = (content[0].claims.get(claim) for claim in _IN_CHARGE)
            for name in (each for each in named if isinstance(each, str)):
                salted = f"{said['tender']}:{unicodedata.normalize('NFKC', name).strip()}"
                yield hashlib.sha256(salted.encode()).hexdigest()


def _files(told: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["sha256"] for manifest in told for each in manifest["files"]}


def _price(told: Sequence[Mapping[str, Any]]) -> str | None:
    """The price, in whichever part it stands."""
    found = (manifest["price"] for manifest in told if manifest["price"] is not None)
    return next((str(each["amount"]) for each in found), None)


def _bonds(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """One guarantee for two bidders: whoever pays is the same (招标投标法实施条例 art. 40(6))."""
    return [manifest["bond"]["digest"] for manifest in told if manifest["bond"] is not None]
