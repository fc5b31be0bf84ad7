"""Filings: what somebody without a live key brings to a tender, its receipt, and where it stands.

An objection 异议 of a potential bidder becomes one on chain when the buyer admits it, a complaint
投诉 when the supervisor files it there. Whoever filed has a signed receipt; what nobody took up or
answered in the law's time is overdue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger import jws
from ledger.errors import Refused
from ledger.jws import Jws
from ledger.keys import PublicKey, Signer
from ledger.tenders.dues import answer_due, due_of
from ledger.tenders.endings import over_from
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.objections import complaint_id, objection_id, require_objected
from ledger.tenders.papers import PaperRole
from ledger.tenders.policy.terms import Terms
from ledger.tenders.state import Complaint, Objection, TenderState
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, hexadecimal, members, number, text

TYPE: Final = "filing-receipt+jwt"
ID_BYTES: Final = 16
_MEMBERS: Final = ("iss", "jti", "iat", "tender", "kind", "lot", "stage", "digest", "due")
_HASH_BYTES: Final = 32
_NONE: Final = bytes(_HASH_BYTES)
_SPELT_NONE: Final = "0x" + _NONE.hex()
_OBJECTION: Final = "objection"
_NOBODY: Final = Address("0x" + "00" * 20)


class FilingKind(StrEnum):
    """What is filed."""

    QUESTION = "question"
    OBJECTION = "objection"
    COMPLAINT = "complaint"

    @property
    def role(self) -> PaperRole:
        """What its text is among the tender's papers."""
        return PaperRole(self.value)

    @property
    def answered_by(self) -> PaperRole:
        """What an answer, or a refusal to take it up, is among them."""
        return _ANSWERS[self]


_ANSWERS: Final = {
    FilingKind.QUESTION: PaperRole.ANSWER,
    FilingKind.OBJECTION: PaperRole.ANSWER_TO_OBJECTION,
    FilingKind.COMPLAINT: PaperRole.DECISION,
}


class FilingState(StrEnum):
    """Where a filing stands."""

    FILED = "filed"
    TAKEN_UP = "taken-up"  # the chain has it: asked, admitted, or pending
    ANSWERED = "answered"
    OVERDUE = "overdue"  # in time neither taken up nor answered
    MOOT = "moot"  # its lot ended without a contract: nothing is left to answer


_UNDECIDED: Final = (ComplaintState.PENDING, ComplaintState.ACCEPTED)
_ENOUGH: Final = frozenset((FilingState.ANSWERED, FilingState.OVERDUE, FilingState.MOOT))
"""How an objection has to stand before a complaint may follow."""


@dataclass(eq=False)
class FilingReceiptMalformed(Refused):
    """The receipt is not one for a filing."""

    member: str


@dataclass(frozen=True, slots=True)
class Filing:
    """What was filed; `due_at` in Unix seconds, None where no law says how long an answer takes.

    A complaint's `due_at` is when it has to be accepted or not. `objection` is what it names: the
    id of one on chain, or the digest of one that was filed; zeros for none. `answered_at` is when
    an answer or a refusal that names it was brought, 0 where none was.
    """

    kind: FilingKind
    lot: int
    stage: Stage
    digest: bytes
    filed_at: int
    due_at: int | None
    objection: bytes = _NONE
    answered_at: int = 0


@dataclass(frozen=True, slots=True)
class FilingReceipt:
    """What the service says of a filing."""

    issuer: str
    id: str
    tender: bytes
    filing: Filing


def sign(receipt: FilingReceipt, signer: Signer) -> str:
    """Return the receipt as a compact JWS ES256."""
    filing = receipt.filing
    payload: dict[str, Any] = {
        "iss": receipt.issuer,
        "jti": receipt.id,
        "iat": filing.filed_at,
        "tender": "0x" + receipt.tender.hex(),
        "kind": filing.kind.value,
        "lot": filing.lot,
        "stage": filing.stage.name.lower(),
        "digest": "0x" + filing.digest.hex(),
        "due": filing.due_at or 0,
    }
    if filing.kind is FilingKind.COMPLAINT:
        payload[_OBJECTION] = "0x" + filing.objection.hex()
    return jws.sign(TYPE, payload, signer)


def read(token: str, key: PublicKey) -> FilingReceipt:
    """Return a receipt that `key` signed.

    Raises:
        JwsMalformed, AlgorithmRefused, TypeRefused, SignatureInvalid: for the token.
        FilingReceiptMalformed: for what it says.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    return _told(parsed)


def told(token: str) -> FilingReceipt:
    """Return what a receipt says, whoever signed it; raises as `read`, signature apart."""
    return _told(jws.parse(token, TYPE))


def _told(parsed: Jws) -> FilingReceipt:
    try:
        return _read(parsed)
    except ShapeWrong as exc:
        raise FilingReceiptMalformed(exc.member) from exc
    except (KeyError, ValueError) as exc:
        raise FilingReceiptMalformed("kind, stage") from exc


def due_at(kind: FilingKind, terms: Terms, filed_at: int) -> int | None:
    """Return when what is filed has to be answered, or accepted; None where no law says."""
    match kind:
        case FilingKind.OBJECTION:
            return answer_due(terms, filed_at)
        case FilingKind.COMPLAINT:
            return due_of(terms, "complaintAccept", filed_at)
        case FilingKind.QUESTION:
            return due_of(terms, "questionAnswer", filed_at)


def require_objected_first(
    complaint: Filing, filed: Iterable[Filing], tender: TenderState, at: int
) -> None:
    """Raise `ObjectionFirst` unless a complaint names what it has to (实施条例 art. 60).

    That is an objection on chain, answered or overdue, or one that was filed on the same stage of
    the same lot and that nobody admitted or answered in time. One of OTHER names none, else
    `ObjectionUnknown` is raised.
    """
    for each in filed:
        is_same = (each.lot, each.stage) == (complaint.lot, complaint.stage)
        is_named = each.kind is FilingKind.OBJECTION and each.digest == complaint.objection
        if is_same and is_named and state_of(each, tender, at) in _ENOUGH:
            return
    require_objected(tender, complaint.lot, complaint.stage, complaint.objection, at)


def state_of(filing: Filing, tender: TenderState, at: int) -> FilingState:
    """Return where a filing stands at a time, in Unix seconds."""
    if filing.answered_at or _is_answered(filing, tender):
        return FilingState.ANSWERED
    moot_from = moot_at(filing, tender)
    if moot_from is not None and at >= moot_from:
        return FilingState.MOOT
    if _is_late(filing, tender, at):
        return FilingState.OVERDUE
    return FilingState.TAKEN_UP if is_taken_up(filing, tender) else FilingState.FILED


def moot_at(filing: Filing, tender: TenderState) -> int | None:
    """Return from when on nothing is left to answer: its lot is over (`endings.over_from`).

    None for a lot that goes on or that there is not, and for complaints: those are decided whatever
    becomes of the lot. A contract ends no filing, or whoever signs soon would never have to answer.
    """
    is_for_ever = filing.kind is FilingKind.COMPLAINT or filing.lot >= len(tender.lots)
    return None if is_for_ever else over_from(tender, filing.lot)


def is_owed(filing: Filing, tender: TenderState, due: int) -> bool:
    """Whether an answer is owed when it is due: no paper answered it, and it was not moot."""
    until = moot_at(filing, tender)
    return not filing.answered_at and (until is None or due < until)


def is_taken_up(filing: Filing, tender: TenderState) -> bool:
    """Whether the chain has what was filed, however late and whatever came of it."""
    match filing.kind:
        case FilingKind.QUESTION:
            return filing.digest in tender.questions
        case FilingKind.OBJECTION:
            return admitted(filing, tender) is not None
        case FilingKind.COMPLAINT:
            return _on_chain(filing, tender) is not None


def admitted(filing: Filing, tender: TenderState) -> Objection | None:
    """Return the objection that the buyer admitted for what was filed, None without one."""
    named = objection_id(tender.id, filing.lot, filing.stage, _NOBODY, filing.digest)
    return tender.objections.get(named)


def _is_answered(filing: Filing, tender: TenderState) -> bool:
    match filing.kind:
        case FilingKind.QUESTION:
            return tender.questions.get(filing.digest) is not None
        case FilingKind.OBJECTION:
            objection = admitted(filing, tender)
            return objection is not None and objection.outcome is not Outcome.OPEN
        case FilingKind.COMPLAINT:
            found = _on_chain(filing, tender)
            return found is not None and found.state not in _UNDECIDED


def _is_late(filing: Filing, tender: TenderState, at: int) -> bool:
    """A complaint is late until it is accepted, all else until it is answered."""
    if filing.due_at is None or at < filing.due_at:
        return False
    found = _on_chain(filing, tender) if filing.kind is FilingKind.COMPLAINT else None
    return found is None or found.state is not ComplaintState.ACCEPTED


def _on_chain(filing: Filing, tender: TenderState) -> Complaint | None:
    """The complaint that the supervisor filed; it may name the objection that was admitted."""
    place = (filing.lot, filing.stage)
    for id_, each in tender.complaints.items():
        named = complaint_id(tender.id, *place, each.objection, filing.digest)
        if (each.lot, each.stage) == place and id_ == named:
            return each
    return None


def _read(token: Jws) -> FilingReceipt:
    is_complaint = token.payload.get("kind") == FilingKind.COMPLAINT
    names = (*_MEMBERS, _OBJECTION) if is_complaint else _MEMBERS
    told = members(token.payload, names, "payload")
    filing = Filing(
        kind=FilingKind(text(told["kind"], "kind")),
        lot=number(told["lot"], "lot"),
        stage=Stage[text(told["stage"], "stage").upper()],
        digest=hexadecimal(told["digest"], _HASH_BYTES, "digest"),
        filed_at=number(told["iat"], "iat"),
        due_at=number(told["due"], "due") or None,
        objection=hexadecimal(told.get(_OBJECTION, _SPELT_NONE), _HASH_BYTES, _OBJECTION),
    )
    tender = hexadecimal(told["tender"], _HASH_BYTES, "tender")
    return FilingReceipt(text(told["iss"], "iss"), text(told["jti"], "jti"), tender, filing)
