"""Messages about bids as JSON: their members are named and spelt as they are signed."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import (
    WHOLE,
    Answer,
    BigNumber,
    Form,
    HexAddress,
    HexDigest,
    HexProof,
    HexSignature,
    Moment,
)
from api.services.relaying import BidMessage
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import LEAVES, PATH, MailboxProof
from ledger.tenders.messages import Part, SubmitBid, WithdrawBid
from ledger.tenders.relayed import Kind, Listing, Release, Secret, SignedWithdrawal
from ledger.tenders.shares import MAX_TRUSTEES
from ledger.tenders.signed_bids import SignedBid
from ledger.values import Digest, LedgerRef, Root

Lot = Annotated[int, Field(ge=0, le=2**16 - 1), WHOLE]
Version = Annotated[int, Field(ge=0, le=2**32 - 1), WHOLE]
PartNumber = Annotated[int, Field(ge=1, le=2), WHOLE]


class PartForm(Form):
    """One envelope of a bid."""

    file: HexDigest
    size: BigNumber
    c_b: HexDigest
    c_c: HexDigest
    shares: HexDigest
    manifest: HexDigest

    def parsed(self) -> Part:
        """Return the part."""
        return Part(self.file, self.size, self.c_b, self.c_c, self.shares, self.manifest)


class SubmitBidForm(Form):
    """The message SubmitBid; sizes and times as decimal strings."""

    tender_id: HexDigest
    lot: Lot
    bidder: HexAddress
    version: Version
    docs: HexDigest
    parts: Annotated[tuple[PartForm, ...], Field(min_length=1, max_length=2, strict=False)]
    identity: HexDigest
    bond: HexDigest
    valid_until: BigNumber

    def parsed(self) -> SubmitBid:
        """Return the message."""
        return SubmitBid(
            tender=TenderId(self.tender_id),
            lot=self.lot,
            bidder=self.bidder,
            version=self.version,
            docs=self.docs,
            parts=tuple(part.parsed() for part in self.parts),
            identity=self.identity,
            bond=self.bond,
            valid_until=self.valid_until,
        )


class WithdrawBidForm(Form):
    """The message WithdrawBid."""

    tender_id: HexDigest
    lot: Lot
    bidder: HexAddress
    version: Version
    valid_until: BigNumber

    def parsed(self) -> WithdrawBid:
        """Return the message."""
        place = (TenderId(self.tender_id), self.lot, self.bidder)
        return WithdrawBid(*place, self.version, self.valid_until)


class BidForm(Form):
    """A bid: the message, the envelopes of all parts joined, and the signatures."""

    message: SubmitBidForm
    shares: HexProof
    signature: HexSignature
    bond_signature: HexProof = b""

    def parsed(self, ledger: LedgerRef) -> SignedBid:
        """Return the bid, for this ledger."""
        message = self.message.parsed()
        return SignedBid(ledger, message, self.shares, self.signature, self.bond_signature)


class WithdrawalForm(Form):
    """A withdrawal and its bidder's signature."""

    message: WithdrawBidForm
    signature: HexSignature

    def parsed(self, ledger: LedgerRef) -> SignedWithdrawal:
        """Return the withdrawal, for this ledger."""
        return SignedWithdrawal(ledger, self.message.parsed(), self.signature)


class MailboxProofForm(Form):
    """Where a message lies in a mailbox; the path leaf first."""

    root: HexDigest
    index: Annotated[int, Field(ge=0, lt=LEAVES), WHOLE]
    path: Annotated[tuple[HexDigest, ...], Field(min_length=PATH, max_length=PATH, strict=False)]
    blind: HexDigest

    def parsed(self) -> MailboxProof:
        """Return the proof."""
        return MailboxProof(Root(self.root), self.index, tuple(self.path), self.blind)


class ListedBidForm(BidForm):
    """A bid out of a mailbox."""

    proof: MailboxProofForm

    def listing(self, ledger: LedgerRef) -> Listing:
        """Return it, for this ledger."""
        return Listing(self.parsed(ledger), self.proof.parsed())


class ListedWithdrawalForm(WithdrawalForm):
    """A withdrawal out of a mailbox."""

    proof: MailboxProofForm

    def listing(self, ledger: LedgerRef) -> Listing:
        """Return it, for this ledger."""
        return Listing(self.parsed(ledger), self.proof.parsed())


class SecretForm(Form):
    """A secret of one part of a bid, and the bid that it opens."""

    message: SubmitBidForm
    part: PartNumber
    secret: HexDigest

    def parsed(self, kind: Kind) -> Secret:
        """Return the secret as one of a kind."""
        return Secret(kind, self.message.parsed(), self.part, self.secret)


class ReleaseForm(Form):
    """A trustee's secret of one part."""

    part: PartNumber
    index: Annotated[int, Field(ge=1, le=MAX_TRUSTEES), WHOLE]
    secret: HexDigest

    def parsed(self, tender: TenderId) -> Release:
        """Return the release, for this tender."""
        return Release(tender, self.part, self.index, self.secret)


class BidMessageAnswer(Answer):
    """What became of a message.

    `receipt` was signed when it came, `final` once it is on the chain for good, `refusal` when the
    contract refused it under the name `error`.
    """

    digest: HexDigest
    kind: Kind
    tender: HexDigest
    state: Literal["submitted", "final", "refused"]
    arrived_at: Moment
    receipt: str
    final: str | None = None
    refusal: str | None = None
    error: str | None = None
    transaction: HexDigest | None = None
    block: int | None = None

    @classmethod
    def of(cls, message: BidMessage) -> Self:
        """Return a message as JSON."""
        row = message.row
        return cls(
            digest=Digest(row.digest),
            kind=row.kind,
            tender=Digest(row.tender),
            state=row.outcome or "submitted",
            arrived_at=row.arrived_at,
            receipt=row.receipt,
            final=row.said if row.outcome == "final" else None,
            refusal=row.said if row.outcome == "refused" else None,
            error=row.error,
            transaction=None if row.transaction is None else Digest(row.transaction),
            block=row.block,
        )
