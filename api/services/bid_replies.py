"""Receipts and refusals of bids, signed by the agency whose tender it is."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Protocol

from api.store.registry import Head
from ledger.licences.issuance import Issuer
from ledger.tenders import receipts, refusals
from ledger.tenders.receipts import Mined, Named, Receipt, ReceiptState, StoredFile
from ledger.tenders.refusals import Refusal
from ledger.tenders.relayed import Listing, Relayed, Release, Secret
from ledger.values import AgencyId


class Signers(Protocol):
    """Whoever knows who signs for an agency (`Issuers`)."""

    def for_decisions(self, agency: AgencyId) -> Issuer:
        """Return who signs; raise `AgencyUnknown`, `AgencyNotActive` or `SigningKeyMissing`."""


class _Found:
    """Signers as they were found once: for a moment's work, which asks for the same again."""

    def __init__(self, signers: Signers) -> None:
        self.for_decisions = cache(signers.for_decisions)


class BidReplies:
    """Signs what is said about messages; every method raises as `Signers`."""

    def __init__(
        self, signers: Signers, clock: Callable[[], int], randomness: Callable[[int], bytes]
    ) -> None:
        self._signers = signers
        self._randomness = randomness
        self.clock = clock

    def for_a_group(self) -> "BidReplies":
        """Return replies for messages that are answered together, which look for signers once."""
        return BidReplies(_Found(self._signers), self.clock, self._randomness)

    def submitted(self, agency: AgencyId, message: Relayed, files: tuple[StoredFile, ...]) -> str:
        """Return the receipt of a message that is stored and on its way."""
        issuer = self._signers.for_decisions(agency)
        receipt = Receipt(
            issuer=issuer.url,
            id=receipts.new_id(self._randomness),
            issued_at=self.clock(),
            digest=message.digest,
            files=files,
            state=ReceiptState.SUBMITTED,
            named=_named(message),
            root=message.proof.root if isinstance(message, Listing) else None,
        )
        return receipts.sign(receipt, issuer.signer)

    def final(self, agency: AgencyId, first: Receipt, mined: Mined) -> str:
        """Return the receipt of a message that is on the chain for good, by its `first` one."""
        issuer = self._signers.for_decisions(agency)
        receipt = replace(
            first,
            issuer=issuer.url,
            id=receipts.new_id(self._randomness),
            issued_at=self.clock(),
            state=ReceiptState.FINAL,
            mined=mined,
        )
        return receipts.sign(receipt, issuer.signer)

    def refusal(
        self, agency: AgencyId, digest: bytes, error: str, head: Head, arrived_at: int
    ) -> str:
        """Return the refusal of a message under an error's name, as of the head."""
        issuer = self._signers.for_decisions(agency)
        refusal = Refusal(
            issuer=issuer.url,
            id=receipts.new_id(self._randomness),
            issued_at=self.clock(),
            digest=digest,
            arrived_at=arrived_at,
            error=error,
            block=head.block,
            block_time=head.block_time,
        )
        return refusals.sign(refusal, issuer.signer)


def _named(message: Relayed) -> Named | None:
    """Name a bid or withdrawal; a secret is none."""
    if isinstance(message, Secret | Release):
        return None
    told = message.message
    return Named(told.tender, told.lot, told.bidder, told.version)
