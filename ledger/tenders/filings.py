"""Filings: what somebody without a live key brings to a tender, its receipt, and where it stands.

An objection 异议 of a potential bidder becomes one on chain when the buyer admits it. Whoever filed
has a signed receipt; not admitted or not answered in the law's time, it is overdue.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger import jws
from ledger.errors import Refused
from ledger.jws import Jws
from ledger.keys import PublicKey, Signer
from ledger.tenders.calendar import CalendarUnknown
from ledger.tenders.events import Outcome, Stage
from ledger.tenders.objections import objection_id
from ledger.tenders.papers import PaperRole
from ledger.tenders.policy.document import TenderPolicy, preset, presets
from ledger.tenders.policy.ends import legal_end
from ledger.tenders.policy.terms import Terms, terms_of
from ledger.tenders.state import Objection, TenderState
from ledger.values import Address
from ledger.verification.shape import ShapeWrong, hexadecimal, members, number, text

TYPE: Final = "filing-receipt+jwt"
ID_BYTES: Final = 16
_MEMBERS: Final = ("iss", "jti", "iat", "tender", "kind", "lot", "stage", "digest", "due")
_HASH_BYTES: Final = 32
_NOBODY: Final = Address("0x" + "00" * 20)


class FilingKind(StrEnum):
    """What is filed."""

    QUESTION = "question"
    OBJECTION = "objection"

    @property
    def role(self) -> PaperRole:
        """What its text is among the tender's papers."""
        return PaperRole(self.value)


class FilingState(StrEnum):
    """Where a filing stands."""

    FILED = "filed"
    TAKEN_UP = "taken-up"  # the chain has it: asked, or admitted
    ANSWERED = "answered"
    OVERDUE = "overdue"  # in time neither admitted nor answered


@dataclass(eq=False)
class FilingReceiptMalformed(Refused):
    """The receipt is not one for a filing."""

    member: str


@dataclass(frozen=True, slots=True)
class Filing:
    """What was filed; `due_at` in Unix seconds, None where no law says how long an answer takes."""

    kind: FilingKind
    lot: int
    stage: Stage
    digest: bytes
    filed_at: int
    due_at: int | None


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
    payload = {
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
    return jws.sign(TYPE, payload, signer)


def read(token: str, key: PublicKey) -> FilingReceipt:
    """Return a receipt that `key` signed.

    Raises:
        JwsMalformed, AlgorithmRefused, TypeRefused, SignatureInvalid: for the token.
        FilingReceiptMalformed: for what it says.
    """
    parsed = jws.parse(token, TYPE)
    parsed.verify(key)
    try:
        return _read(parsed)
    except ShapeWrong as exc:
        raise FilingReceiptMalformed(exc.member) from exc
    except (KeyError, ValueError) as exc:
        raise FilingReceiptMalformed("kind, stage") from exc


def policy_of(terms: Terms) -> TenderPolicy | None:
    """Return the policy with a calendar whose terms these are; None where it is none of ours."""
    return next((preset(each) for each in presets() if terms_of(preset(each)) == terms), None)


def answer_due(terms: Terms, filed_at: int) -> int | None:
    """Return when an answer is due: by the law's calendar, never before the contract's end.

    None where the policy says nothing of it. Without a calendar, or in a year that it does not
    cover, the contract's seconds count.
    """
    if not terms.answer_within:
        return None
    counted = filed_at + terms.answer_within
    policy = policy_of(terms)
    if policy is None:
        return counted
    try:
        return max(counted, legal_end(policy, "objectionAnswer", filed_at).at)
    except CalendarUnknown:
        return counted


def is_overdue(objection: Objection, terms: Terms, at: int) -> bool:
    """Whether an objection got no answer in the law's time: a later one, or none until `at`.

    The contract's own end only tells when a complaint may follow (R60): it counts no holidays.
    """
    due = answer_due(terms, objection.lodged_at)
    return due is not None and (objection.answered_at or at) >= due


def state_of(filing: Filing, tender: TenderState, at: int) -> FilingState:
    """Return where a filing stands at a time, in Unix seconds."""
    if filing.kind is FilingKind.QUESTION:
        if filing.digest not in tender.questions:
            return FilingState.FILED
        is_answered = tender.questions[filing.digest] is not None
        return FilingState.ANSWERED if is_answered else FilingState.TAKEN_UP
    named = objection_id(tender.id, filing.lot, filing.stage, _NOBODY, filing.digest)
    admitted = tender.objections.get(named)
    if admitted is not None and admitted.outcome is not Outcome.OPEN:
        return FilingState.ANSWERED
    if filing.due_at is not None and at >= filing.due_at:
        return FilingState.OVERDUE
    return FilingState.FILED if admitted is None else FilingState.TAKEN_UP


def _read(token: Jws) -> FilingReceipt:
    told = members(token.payload, _MEMBERS, "payload")
    filing = Filing(
        kind=FilingKind(text(told["kind"], "kind")),
        lot=number(told["lot"], "lot"),
        stage=Stage[text(told["stage"], "stage").upper()],
        digest=hexadecimal(told["digest"], _HASH_BYTES, "digest"),
        filed_at=number(told["iat"], "iat"),
        due_at=number(told["due"], "due") or None,
    )
    tender = hexadecimal(told["tender"], _HASH_BYTES, "tender")
    return FilingReceipt(text(told["iss"], "iss"), text(told["jti"], "jti"), tender, filing)
