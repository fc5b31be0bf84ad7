"""What anybody may bring to the ledger for others, judged beforehand as the contract will (§2, §3).

A message is a bid, a withdrawal, or a secret of a bidder or trustee. It is named by a digest that
the event about it gives as well, so that whoever relayed it finds it on the chain again.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.tenders import commitments, events, messages
from ledger.tenders.admission import (
    docs_version,
    require_arrival,
    require_disclosure,
    require_listing,
    require_recovery,
    require_release,
)
from ledger.tenders.commitments import Tag
from ledger.tenders.contract_errors import (
    BidMissing,
    MailboxAbsent,
    MailboxProofInvalid,
    MailboxRootUnknown,
)
from ledger.tenders.errors import (
    AlreadyDone,
    BidVersionStale,
    BondNotAttested,
    DigestMismatch,
    MessageExpired,
    NotDisclosed,
    TrusteeKeyInvalid,
)
from ledger.tenders.events import TenderEvent
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import MailboxProof
from ledger.tenders.messages import BondIssued, SubmitBid, WithdrawBid
from ledger.tenders.releases import require_released
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.state import BidState, TenderState
from ledger.values import Address, LedgerRef

_NOBODY: Final = Address("0x" + "00" * 20)


class Kind(StrEnum):
    """What a message is."""

    BID = "bid"
    WITHDRAWAL = "withdrawal"
    DISCLOSURE = "disclosure"
    RECOVERY = "recovery"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class SignedWithdrawal:
    """A withdrawal and its bidder's signature."""

    ledger: LedgerRef
    message: WithdrawBid
    signature: bytes

    @property
    def digest(self) -> bytes:
        """The EIP-712 digest."""
        return messages.digest(self.ledger, self.message)


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret s_b (`DISCLOSURE`) or s_c (`RECOVERY`) of a part of a bid, 32 bytes."""

    kind: Kind
    bid: SubmitBid
    part: int
    secret: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 over the place and the secret."""
        bid = self.bid
        return _digest(self.kind, bid.tender, bid.lot, bid.bidder, self.part, self.secret)


@dataclass(frozen=True, slots=True)
class Release:
    """A trustee's secret, 32 bytes; `index` from 1."""

    tender: TenderId
    part: int
    index: int
    secret: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 over the place and the secret."""
        return _digest(Kind.RELEASE, self.tender, self.index, _NOBODY, self.part, self.secret)


@dataclass(frozen=True, slots=True)
class Listing:
    """A bid or a withdrawal out of a mailbox, and where it lies there.

    `anchored_at` is when the chain says that it has the root, in Unix seconds; None unless it does.
    """

    letter: SignedBid | SignedWithdrawal
    proof: MailboxProof
    anchored_at: int | None = None

    @property
    def message(self) -> SubmitBid | WithdrawBid:
        """What its bidder signed."""
        return self.letter.message

    @property
    def digest(self) -> bytes:
        """The EIP-712 digest."""
        return self.letter.digest


Relayed = SignedBid | SignedWithdrawal | Listing | Secret | Release


def kind_of(message: Relayed) -> Kind:
    """Return what a message is."""
    if isinstance(message, Secret):
        return message.kind
    if isinstance(message, Listing):
        return _KINDS[type(message.letter)]
    return _KINDS[type(message)]


def tender_of(message: Relayed) -> TenderId:
    """Return the tender that a message is for."""
    if isinstance(message, Release):
        return message.tender
    return message.bid.tender if isinstance(message, Secret) else message.message.tender


def judge(state: TenderState, ledger: LedgerRef, message: Relayed, at: int) -> bool:
    """Return whether the chain has the message already; raise unless it takes it at `at`.

    `at` is the time of a block. A bid that is not its bidder's is refused before it is late, a
    secret that comes too early before anybody looks at it.

    Raises:
        BidSignatureInvalid: for a bid or withdrawal with a field changed, or another's signature.
        LotUnknown, PartsMismatch, SharesMismatch: for one of another shape than the tender's.
        BondNotAttested: without the guarantor's signature where one is named, with any elsewhere.
        BidLate, MessageExpired, BidVersionStale, DocumentsOutdated: as things stand.
        WindowNotOpen, WindowClosed, TooFewBids, NotDisclosed, BidRejected: for a secret's time.
        BidMissing, DigestMismatch: for a secret of a bid that the chain holds otherwise.
        CommitmentMismatch, TrusteeKeyInvalid: for another secret.
        TenderSuspended, TenderNotOpen, PartUnknown: for any of them.
        MailboxAbsent, MailboxRootUnknown, MailboxProofInvalid: for a listing without its root.
    """
    if isinstance(message, Listing):
        return _is_listed(state, ledger, message, at)
    if isinstance(message, SignedBid | SignedWithdrawal):
        _require_genuine(state, ledger, message)
        return _arrives(state, ledger, message, at)
    is_done = _is_done(state, message, at)
    _require_own(state, ledger, message)
    return is_done


def digest_of(ledger: LedgerRef, event: TenderEvent) -> bytes | None:
    """Return the digest of the message that an event is about; None for any other event."""
    made = _DIGESTS.get(type(event))
    return None if made is None else made(ledger, event)


def _require_genuine(
    state: TenderState, ledger: LedgerRef, message: SignedBid | SignedWithdrawal
) -> None:
    told = state.announcement
    state.lot(message.message.lot)
    if isinstance(message, SignedWithdrawal):
        messages.require_signed(ledger, message.message, message.signature)
        return
    message.require_good(told.parts, len(told.trustees_of(1)))
    bond = BondIssued(message.message.tender, message.message.lot, message.message.bond)
    _require_bond(ledger, bond, told.bond_authority, message.bond_signature)


def _require_bond(
    ledger: LedgerRef, bond: BondIssued, guarantor: Address, signature: bytes
) -> None:
    if guarantor == _NOBODY:
        if signature:
            raise BondNotAttested
        return
    try:
        found = messages.recover(ledger, bond, signature)
    except SignatureInvalid as exc:
        raise BondNotAttested from exc
    if found != guarantor:
        raise BondNotAttested


def _arrives(
    state: TenderState, ledger: LedgerRef, message: SignedBid | SignedWithdrawal, at: int
) -> bool:
    told = message.message
    try:
        require_arrival(state, told.lot, told.bidder, told.version, at)
    except BidVersionStale:
        if _stands(state, ledger, message):
            return True
        raise
    if at >= told.valid_until:
        raise MessageExpired(told.valid_until, at)
    if isinstance(told, SubmitBid):
        docs_version(state, told.docs, is_listed=False)
    return False


def _is_listed(state: TenderState, ledger: LedgerRef, message: Listing, at: int) -> bool:
    """Return whether the chain has a listed message; raise unless it takes it at `at`."""
    told, proof = message.message, message.proof
    _require_genuine(state, ledger, message.letter)
    if not any(state.announcement.mailbox):
        raise MailboxAbsent
    if message.anchored_at is None:
        raise MailboxRootUnknown(proof.root)
    try:
        proof.check(message.digest)
    except Refused as exc:
        raise MailboxProofInvalid(proof.root) from exc
    if _stands(state, ledger, message.letter):
        return True
    require_listing(state, told.lot, told.bidder, told.version, (message.anchored_at, at))
    if message.anchored_at >= told.valid_until:
        raise MessageExpired(told.valid_until, message.anchored_at)
    if isinstance(told, SubmitBid):
        docs_version(state, told.docs, is_listed=True)
    return False


def _stands(state: TenderState, ledger: LedgerRef, letter: SignedBid | SignedWithdrawal) -> bool:
    """Whether this very message is the bidder's last one: of its version there may be another."""
    bid = state.lot(letter.message.lot).bids.get(letter.message.bidder)
    event = None if bid is None else bid.told or bid.taken_back
    return event is not None and digest_of(ledger, event) == letter.digest


def _is_done(state: TenderState, message: Secret | Release, at: int) -> bool:
    try:
        if isinstance(message, Release):
            require_release(state, message.part, message.index, at)
        else:
            bid, post = message.bid, _POSTS[message.kind]
            post(state, bid.lot, message.part, bid.bidder, at)
    except AlreadyDone:
        return True
    except NotDisclosed as exc:
        raise _why_not(state, message) from exc
    return False


def _why_not(state: TenderState, message: Secret | Release) -> Refused:
    """Say as the contract does that there is no live bid; it looks at the digest first."""
    assert isinstance(message, Secret)  # whoever releases has disclosed nothing
    bid = state.lot(message.bid.lot).bids.get(message.bid.bidder)
    if bid is None or bid.state is not BidState.LIVE:
        return BidMissing(message.bid.bidder)
    return NotDisclosed(message.bid.bidder)


def _require_own(state: TenderState, ledger: LedgerRef, message: Secret | Release) -> None:
    if isinstance(message, Release):
        trustees = state.announcement.trustees_of(message.part)
        if not 1 <= message.index <= len(trustees):
            raise TrusteeKeyInvalid(message.part, message.index)
        named = trustees[message.index - 1].key
        require_released(message.secret, named, message.part, message.index)
        return
    bid, told = message.bid, state.lot(message.bid.lot).bids[message.bid.bidder].told
    assert told is not None  # a live bid has been told
    given, expected = messages.digest(ledger, bid), messages.digest(ledger, told.bid)
    if given != expected:
        raise DigestMismatch(expected, given)
    committed = bid.parts[message.part - 1]
    context = bid.place(ledger).context(message.part, bid.version)
    if message.kind is Kind.DISCLOSURE:
        commitments.require(Tag.BIDDER, context, message.secret, committed.c_b)
    else:
        commitments.require(Tag.TRUSTEES, context, message.secret, committed.c_c)


def _digest(  # a place and what is said there
    kind: Kind, tender: TenderId, number: int, bidder: Address, part: int, secret: bytes
) -> bytes:
    place = number.to_bytes(2) + bytes.fromhex(bidder[2:]) + part.to_bytes(1)
    return hashlib.sha256(kind.value.encode() + b"\0" + tender + place + secret).digest()


def _of_bid(ledger: LedgerRef, event: events.BidSubmitted) -> bytes:
    return messages.digest(ledger, event.bid)


def _of_withdrawal(ledger: LedgerRef, event: events.BidWithdrawn) -> bytes:
    place = (event.tender_id, event.lot, event.bidder)
    return messages.digest(ledger, WithdrawBid(*place, event.version, event.valid_until))


def _of_secret(kind: Kind) -> Callable[[LedgerRef, Any], bytes]:
    def of(_ledger: LedgerRef, event: events.SecretDisclosed | events.SecretRecovered) -> bytes:
        return _digest(kind, event.tender_id, event.lot, event.bidder, event.part, event.secret)

    return of


def _of_release(_ledger: LedgerRef, event: events.TrusteeReleased) -> bytes:
    place = (event.tender_id, event.index, _NOBODY, event.part)
    return _digest(Kind.RELEASE, *place, event.secret)


_KINDS: Final = MappingProxyType(
    {SignedBid: Kind.BID, SignedWithdrawal: Kind.WITHDRAWAL, Release: Kind.RELEASE}
)
_POSTS: Final = MappingProxyType(
    {Kind.DISCLOSURE: require_disclosure, Kind.RECOVERY: require_recovery}
)
_DIGESTS: Final[Mapping[type[TenderEvent], Callable[[LedgerRef, Any], bytes]]] = MappingProxyType(
    {
        events.BidSubmitted: _of_bid,
        events.BidWithdrawn: _of_withdrawal,
        events.SecretDisclosed: _of_secret(Kind.DISCLOSURE),
        events.SecretRecovered: _of_secret(Kind.RECOVERY),
        events.TrusteeReleased: _of_release,
    }
)
