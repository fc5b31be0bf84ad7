"""Whether a transfer is what a home authority signed and anchored, by the projection alone.

In the order in which codes are judged everywhere: form, signature, anchor, key, then content. What
the ledger denies is refused; what nobody here can know yet is unavailable, and may be asked again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.authority import DocumentKey
from ledger.errors import Unavailable
from ledger.health import signed, transfers
from ledger.health.applications import Anchor
from ledger.health.claims import ClaimsInvalid
from ledger.health.conversion import CLOCK_SKEW_SECONDS, ConversionRefused, Ground, Origin
from ledger.health.signed import Signed, SignedMalformed
from ledger.health.transfers import Transfer
from ledger.keys import SignatureInvalid
from ledger.merkle import ProofMalformed, leaf_hash, root_from_leaf_hash
from ledger.status_list import entry, place
from ledger.values import (
    AgencyId,
    AgencyStatus,
    Digest,
    KeyState,
    KeyUsage,
    RecordKind,
    Root,
    Status,
    health_record_type,
)
from ledger.verification.evidence import Query, Reading

TRANSFER = health_record_type("transfer")
RETRY_SECONDS = 2


class TransferNotAnchored(Unavailable):
    """The transfer's anchor is not seen here yet. Send the same again in a moment."""


@dataclass(eq=False)
class TransferUnconfirmed(Unavailable):
    """Nobody can say now whether the transfer is good: its key is unknown here, or frozen."""

    reason: str


class Ledger(Protocol):
    """Whoever knows keys and anchors."""

    def keys(self, agency: AgencyId) -> Sequence[DocumentKey]:
        """Return an agency's document keys."""

    def reading(self, query: Query) -> Reading:
        """Return what the ledger says about agency, root, key and record type."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A transfer that stands, by its digest, and who signed it with which key."""

    transfer: Transfer
    digest: Digest
    origin: Origin


class Origins:
    """Judges transfers against the projection."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._clock = clock

    def verify(self, encoded: bytes, anchor: Anchor, port: str | None) -> Verified:
        """Return the transfer.

        Raises:
            ConversionRefused: FORMAT, SIGNATURE, CLAIMS, TIME, ANCHOR, KEY_USAGE, KEY_STATE,
                STATUS.
            TransferNotAnchored, TransferUnconfirmed: while that cannot be told.
        """
        try:
            envelope = signed.read(encoded)
        except SignedMalformed as exc:
            raise ConversionRefused(Ground.FORMAT, exc.reason) from exc
        transfer, key = self._signed(envelope, anchor.agency)
        now = self._clock()
        if not transfer.issued_at - CLOCK_SKEW_SECONDS <= now < transfer.expires_at:
            raise ConversionRefused(Ground.TIME, "outside the transfer's time")
        self._check_anchor(envelope.digest, anchor, transfer, key)
        origin = Origin(anchor.agency, key.public_key.key_id, port)
        return Verified(transfer, envelope.digest, origin)

    def _signed(self, envelope: Signed, agency: AgencyId) -> tuple[Transfer, DocumentKey]:
        """Return what one of the agency's keys of that kid signed; several may have it."""
        candidates = [
            key
            for key in self._ledger.keys(agency)
            if signed.kid_of(key.public_key.key_id) == envelope.kid
        ]
        if not candidates:
            raise TransferUnconfirmed("key unknown")
        for key in candidates:
            try:
                return transfers.verify(envelope, key.public_key), key
            except SignatureInvalid:
                continue
            except ClaimsInvalid as exc:
                raise ConversionRefused(Ground.CLAIMS, exc.claim) from exc
        raise ConversionRefused(Ground.SIGNATURE, "transfer")

    def _check_anchor(
        self, digest: Digest, anchor: Anchor, transfer: Transfer, key: DocumentKey
    ) -> None:
        reading = self._reading(digest, anchor, key, transfer)
        batch, agency = reading.batch, reading.agency
        if batch is None or agency is None:
            raise TransferNotAnchored
        if (batch.kind, batch.size) != (RecordKind.HEALTH_TRANSFER, anchor.proof.tree_size):
            raise ConversionRefused(Ground.ANCHOR, "another batch")
        is_entitled = reading.accredited_then and agency.jurisdiction == transfer.source
        if not is_entitled or KeyUsage.DOCUMENTS not in key.usage:
            raise ConversionRefused(Ground.KEY_USAGE, "transfers")
        if {reading.agency_status_then, agency.status} != {AgencyStatus.ACTIVE}:
            raise ConversionRefused(Ground.KEY_STATE, "agency not active")
        _check_key(key, batch.anchored_at)
        _check_status(reading.status_word, transfer.index)

    def _reading(
        self, digest: Digest, anchor: Anchor, key: DocumentKey, transfer: Transfer
    ) -> Reading:
        try:
            root: Root = root_from_leaf_hash(leaf_hash(digest), anchor.proof)
        except ProofMalformed as exc:
            raise ConversionRefused(Ground.ANCHOR, "proof") from exc
        key_id, (word, _) = key.public_key.key_id, place(transfer.index)
        query = Query(anchor.agency, root, key_id, TRANSFER, transfer.list, word)
        return self._ledger.reading(query)


def _check_key(key: DocumentKey, anchored_at: int) -> None:
    state = key.state_at(anchored_at)
    if state is not KeyState.ACTIVE:
        raise ConversionRefused(Ground.KEY_STATE, state.name)
    if key.frozen:
        raise TransferUnconfirmed("key frozen")


def _check_status(word: int | None, index: int) -> None:
    """Refuse what the home authority took back, or holds up for now."""
    if word is None:
        raise TransferUnconfirmed("status unknown")
    status = entry(word, index)
    if status is not Status.VALID:
        raise ConversionRefused(Ground.STATUS, status.name.lower())
