"""What receipts say of the copies of each sealed file, beside the number that the policy wants.

Fewer accuse nobody: a service signs for what it has (one store is enough for a receipt), and a
policy's document proves no number of stores.
"""

from typing import Any

from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.events import BidSubmitted


def copies_of(bundle: TenderBundle) -> list[dict[str, Any]]:
    """Return what every receipt says of each file that a bid on the ledger named, in their order.

    `copies` is how many stores had the file when it was signed for, left out where the receipt does
    not tell; `wanted` the policy's number, left out without a policy; `isEnough` where both are.
    """
    named = _named(bundle)
    return [
        _place(named[file.sha256])
        | {"file": "0x" + file.sha256.hex(), "signedBy": each.issuer, "storedAt": file.stored_at}
        | _numbers(file.copies, None if bundle.policy is None else bundle.policy.replicas)
        for each in bundle.receipts or ()
        for file in each.files
        if file.sha256 in named
    ]


def _named(bundle: TenderBundle) -> dict[bytes, tuple[BidSubmitted, int]]:
    """Return the files that bids of any version named, with the bid and the part of it."""
    return {
        part.file: (event, number)
        for event in bundle.own
        if isinstance(event, BidSubmitted)
        for number, part in enumerate(event.bid.parts, 1)
    }


def _place(named: tuple[BidSubmitted, int]) -> dict[str, Any]:
    event, part = named
    version = {"bidder": event.bidder, "version": event.bid.version}
    return {"lot": event.lot, "part": part} | version


def _numbers(copies: int | None, wanted: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {} if copies is None else {"copies": copies}
    told |= {} if wanted is None else {"wanted": wanted}
    if copies is None or wanted is None:
        return told
    return told | {"isEnough": copies >= wanted}
