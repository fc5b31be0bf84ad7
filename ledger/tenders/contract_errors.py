"""Refusals that the contracts of sealed tenders alone pronounce; values are the contracts'."""

from dataclasses import dataclass

from ledger.errors import Refused

# Numbers, names and digests.


@dataclass(eq=False)
class DigestEmpty(Refused):
    """A digest that must be given is zero."""


@dataclass(eq=False)
class PolicyNotRegistered(Refused):
    """The jurisdiction registered no such tender policy."""

    jurisdiction: bytes
    policy: bytes


@dataclass(eq=False)
class PolicyAlreadyRegistered(Refused):
    """The jurisdiction registered this tender policy already."""

    policy: bytes


@dataclass(eq=False)
class TenderAlreadyPublished(Refused):
    """The agency published a tender under this reference already."""

    tender_id: bytes


@dataclass(eq=False)
class QuestionUnknown(Refused):
    """The question was never asked."""

    question: bytes


@dataclass(eq=False)
class TrusteeKeyRepeated(Refused):
    """A trustee's key occurs twice."""

    key: str


@dataclass(eq=False)
class TrusteeOfBuyer(Refused):
    """The trustee is the buyer's, and its co-signature does not count."""

    index: int


# The mailbox.


@dataclass(eq=False)
class MailboxAbsent(Refused):
    """The tender has no mailbox."""


@dataclass(eq=False)
class MailboxRootUnknown(Refused):
    """The root is none of 64 places that the mailbox's agency anchored."""

    root: bytes


@dataclass(eq=False)
class MailboxProofInvalid(Refused):
    """The path does not lead from the message to the mailbox's root."""

    root: bytes


# How things stand.


@dataclass(eq=False)
class NotSuspended(Refused):
    """The tender, or lot, is not suspended on that ground."""


@dataclass(eq=False)
class LotsUnsettled(Refused):
    """Not every lot has a technical report or an end."""

    settled: int
    lots: int


@dataclass(eq=False)
class LotsAwarded(Refused):
    """A lot is awarded, so the tender does not end as a whole."""

    lots: int


@dataclass(eq=False)
class NotAwardLedger(Refused):
    """Only the award ledger calls this."""

    caller: str


# The steps after an opening.


@dataclass(eq=False)
class ActMalformed(Refused):
    """The step uses no such value, or needs it."""

    step: int


@dataclass(eq=False)
class SeatUnknown(Refused):
    """The committee has no such seat."""

    seat: int
    seats: int


@dataclass(eq=False)
class CandidateInvalid(Refused):
    """The bidder's bid did not come to the last opening, or is named twice."""

    bidder: str


# The draw of experts.


@dataclass(eq=False)
class DrawForbidden(Refused):
    """The lot's last draw does not go on that way; `state` is a `DrawState`."""

    round: int
    state: int


@dataclass(eq=False)
class DrawersInvalid(Refused):
    """Two to nine draw."""

    count: int


@dataclass(eq=False)
class DrawerKeyUsed(Refused):
    """The address is no key, or was a drawer's before: each draw takes fresh secrets."""

    key: str


@dataclass(eq=False)
class SecretForeign(Refused):
    """The key is not one of this draw, or the posted scalar is not the key's."""

    key: str


# Objections and complaints.


@dataclass(eq=False)
class ObjectionUnknown(Refused):
    """There is no such objection."""

    id: bytes


@dataclass(eq=False)
class ObjectionAlreadyLodged(Refused):
    """The same objection was lodged already, or the key objected to this before."""

    id: bytes


@dataclass(eq=False)
class ObjectionClosed(Refused):
    """The objection is answered."""

    id: bytes


@dataclass(eq=False)
class BidMissing(Refused):
    """The key has no live bid in the lot."""

    bidder: str


@dataclass(eq=False)
class StageInvalid(Refused):
    """Nobody objects at this stage."""

    stage: int


@dataclass(eq=False)
class OutcomeInvalid(Refused):
    """An answer upholds the objection or dismisses it."""


@dataclass(eq=False)
class ComplaintUnknown(Refused):
    """There is no such complaint."""

    id: bytes


@dataclass(eq=False)
class ComplaintAlreadyFiled(Refused):
    """The same complaint was filed already."""

    id: bytes
