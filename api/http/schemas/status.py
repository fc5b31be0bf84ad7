"""Changes of status as JSON."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import (
    WHOLE,
    Answer,
    BigNumber,
    Form,
    GivenMoment,
    HexAddress,
    HexDigest,
    HexProof,
    Moment,
)
from api.http.schemas.shared import HeadAnswer, Text
from api.services.status import ChangeView, StatusRequest
from ledger.licences.decisions import Wording
from ledger.typed_data import CoSignature
from ledger.values import OPEN_END, Digest, Stage, Status

LongText = Annotated[str, Field(max_length=2_000)]


class CoSignatureForm(Form):
    """The second person's signature over the typed data; `deadline` as signed."""

    approver: HexAddress
    nonce: BigNumber
    deadline: Annotated[int, Field(ge=0, lt=OPEN_END), WHOLE]
    signature: HexProof

    def parsed(self) -> CoSignature:
        """Return the signature."""
        return CoSignature(self.approver, self.nonce, self.deadline, self.signature)


class DecisionForm(Form):
    """What a person writes into the decision; reasons 310, 311, 320 and 340 ask for all of it."""

    text: str = Field(min_length=1, max_length=20_000)
    number: Text = ""
    legal_basis: LongText = ""
    appeal: LongText = ""

    def parsed(self) -> Wording:
        """Return the wording."""
        return Wording(self.text, self.number, self.legal_basis, self.appeal)


def wording_of(form: DecisionForm | None) -> Wording | None:
    """Return the wording that came with an order, if any did."""
    return None if form is None else form.parsed()


class OrderForm(Form):
    """A change of status; `effectiveAt` absent for now, and for ever where the reason annuls."""

    status: Literal["valid", "suspended", "revoked"]
    reason: Annotated[int, Field(ge=0, le=0xFFFF), WHOLE]
    effective_at: GivenMoment | None = None
    until: GivenMoment | None = None

    def parsed(self) -> StatusRequest:
        """Return the request."""
        status = Status[self.status.upper()]
        return StatusRequest(status, self.reason, self.effective_at, self.until or 0)


class StatusForm(OrderForm):
    """A change of status, with decision and second person's signature where they are needed."""

    co_signature: CoSignatureForm | None = None
    decision: DecisionForm | None = None

    def parsed(self) -> StatusRequest:
        """Return the request."""
        order = super().parsed()
        signed = None if self.co_signature is None else self.co_signature.parsed()
        return replace(order, co_signature=signed, wording=wording_of(self.decision))


class TypedDataForm(OrderForm):
    """A change that somebody is to co-sign: any unused nonce, and the last second it counts."""

    nonce: BigNumber
    deadline: Annotated[int, Field(ge=0, lt=OPEN_END), WHOLE]


class ChangeAnswer(Answer):
    """A change of status on its way; `error` names why it failed.

    `triesAgain`: the cause may pass, and the change is sent again by itself until it does, or until
    a later change of the licence overtakes it.
    """

    change: str
    digest: HexDigest
    status: str
    reason: int
    effective_at: Moment | None
    until: Moment | None
    requested_at: Moment
    not_before: Moment
    stage: Stage
    error: str | None
    tries_again: bool
    block: int | None
    transaction: HexDigest | None
    decision: HexDigest | None
    head: HeadAnswer

    @classmethod
    def of(cls, view: ChangeView, head: HeadAnswer) -> Self:
        """Return the change as JSON; `effectiveAt` null means from the beginning."""
        row = view.row
        return cls(
            change="0x" + row.id.hex(),
            digest=row.digest,
            status=row.status.name.lower(),
            reason=row.reason,
            effective_at=row.effective_at or None,
            until=row.until or None,
            requested_at=row.requested_at,
            not_before=row.not_before,
            stage=view.stage,
            error=row.error,
            tries_again=row.is_tried_again,
            block=row.block,
            transaction=None if row.transaction is None else Digest(row.transaction),
            decision=row.decision,
            head=head,
        )
